package scala;

/** Stand-in: null for None. */
public final class Option {
    private final Object value;

    public Option(Object value) {
        this.value = value;
    }

    public boolean isEmpty() {
        return value == null;
    }

    public Object get() {
        if (value == null) {
            throw new java.util.NoSuchElementException("None.get");
        }
        return value;
    }
}

package scala;

public final class Tuple2 {
    private final Object first;
    private final Object second;

    public Tuple2(Object first, Object second) {
        this.first = first;
        this.second = second;
    }

    public Object _1() {
        return first;
    }

    public Object _2() {
        return second;
    }
}

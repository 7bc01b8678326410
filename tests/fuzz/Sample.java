/* Source of corpus/classfile/sample_*.class: javac --release 8 -g:none, and --release 11 -g. Holds a pool with long and double,
 * a lambda, stack maps, an exception table and the method and field that fuzz_classfile.c asks for. */
public class Sample {
    private final long shape = 3L;
    private final double other = 2.5;

    public long wanted(long until) {
        long left = until - shape;
        while (left > 0) {
            try {
                Thread.sleep(left);
            } catch (InterruptedException e) {
                return -1;
            }
            left -= (long) other;
        }
        return left;
    }

    public static void main(String[] arguments) {
        Runnable run = () -> System.out.println("x" + arguments.length);
        run.run();
    }
}

package standin;

/** A JVM without Spark: says when it is up, ends with its input. */
public class Bare {
    public static void main(String[] arguments) throws Exception {
        System.out.println("up");
        while (System.in.read() >= 0) {
        }
    }
}

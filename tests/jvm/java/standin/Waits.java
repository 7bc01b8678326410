package standin;

import org.apache.spark.sql.execution.streaming.ProcessingTimeExecutor;
import org.apache.spark.util.SystemClock;

/** Calls the rewritten methods from threads that run no query, as DStreams or the history server do. One line a fact. */
public class Waits {
    private static final SystemClock clock = new SystemClock();

    private static void intervals() {
        for (long interval : new long[] {0, 1, 700, 2000, Long.MAX_VALUE}) {
            System.out.println("interval " + new ProcessingTimeExecutor(interval, clock).seenIntervalMs());
        }
        try {
            new ProcessingTimeExecutor(-1, clock);
        } catch (IllegalArgumentException expected) {
            System.out.println("interval refused");
        }
    }

    private static void ends() throws Exception {
        for (long ahead : new long[] {300, 0, -5000}) {
            long before = System.currentTimeMillis();
            long result = clock.waitTillTime(before + ahead);
            long after = System.currentTimeMillis();
            boolean truthful = result >= before + Math.max(ahead, 0) && result <= after;
            System.out.println("wait " + ahead + " " + (truthful ? "truthful" : before + " " + result + " " + after));
        }
    }

    /** Interrupts `thread` once it sits in waitTillTime. */
    private static void interruptWhenParked(Thread thread) {
        Thread helper = new Thread(() -> {
            while (!Job.frameOfWait(thread).isPresent()) {
                Thread.yield();
            }
            thread.interrupt();
        });
        helper.setDaemon(true);
        helper.start();
    }

    private static void interrupts() throws Exception {
        interruptWhenParked(Thread.currentThread());
        waitALot("during");
        Thread.currentThread().interrupt();
        waitALot("before");
        Thread.currentThread().interrupt();
        clock.waitTillTime(0);
        System.out.println("interrupted past kept=" + Thread.interrupted());
    }

    private static void waitALot(String when) {
        try {
            clock.waitTillTime(System.currentTimeMillis() + 600_000);
            System.out.println("interrupted " + when + ": wait ended");
        } catch (InterruptedException expected) {
            System.out.println("interrupted " + when + " kept=" + Thread.currentThread().isInterrupted());
        }
    }

    public static void main(String[] arguments) throws Exception {
        intervals();
        ends();
        interrupts();
        System.out.println("native " + Job.isNative(SystemClock.class, "waitTillTime", long.class) + " "
                + Job.isNative(ProcessingTimeExecutor.class, "intervalMs"));
    }
}

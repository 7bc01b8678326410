package standin;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Optional;
import org.apache.spark.sql.execution.streaming.MicroBatchExecution;
import org.apache.spark.sql.execution.streaming.ProcessingTimeExecutor;
import org.apache.spark.sql.execution.streaming.ProcessingTimeTrigger;
import org.apache.spark.sql.execution.streaming.RealTimeTrigger;
import org.apache.spark.sql.execution.streaming.sources.RateStreamMicroBatchStream;
import org.apache.spark.sql.kafka010.KafkaMicroBatchStream;
import org.apache.spark.util.SystemClock;

/**
 * One query (`queries` of them, the others named NAME-2 and so on), set up by system properties (trigger in ms, rate in
 * events/s, limit, minimum, temper, name, source, realTime), then commands from stdin for the first of them, one a line:
 * parked, stop, interrupt, native, retransform, redefine, return, exit N, halt N.
 */
public class Job {
    private static Long optional(String property) {
        return Long.getLong(property);
    }

    static Optional<StackTraceElement> frameOfWait(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .filter(frame -> frame.getMethodName().equals("waitTillTime"))
                .findFirst();
    }

    static boolean isNative(Class<?> type, String method, Class<?>... parameters) throws NoSuchMethodException {
        return Modifier.isNative(type.getDeclaredMethod(method, parameters).getModifiers());
    }

    private static void awaitParked(MicroBatchExecution query) {
        while (true) {
            Optional<StackTraceElement> frame = frameOfWait(query.queryExecutionThread());
            if (frame.isPresent()) {
                System.out.println("parked " + (frame.get().isNativeMethod() ? "native" : "java"));
                return;
            }
            Thread.yield();
        }
    }

    private static void stop(MicroBatchExecution query) throws InterruptedException {
        long before = System.nanoTime();
        boolean ended = query.stop(60_000);
        System.out.println("stop " + ended + " " + (System.nanoTime() - before) / 1_000_000 + " " + query.end());
    }

    /** False when the program is to return from main. */
    private static boolean obey(String[] words, MicroBatchExecution query) throws Exception {
        switch (words[0]) {
        case "parked":
            awaitParked(query);
            return true;
        case "stop":
            stop(query);
            return true;
        case "interrupt":
            query.queryExecutionThread().interrupt();
            query.queryExecutionThread().join(60_000);
            System.out.println("interrupt " + query.end());
            return true;
        case "native":
            System.out.println("native " + isNative(SystemClock.class, "waitTillTime", long.class) + " "
                    + isNative(ProcessingTimeExecutor.class, "intervalMs"));
            return true;
        case "retransform":
        case "redefine":
            SecondAgent.touch(words[0], SystemClock.class, ProcessingTimeExecutor.class);
            System.out.println(words[0] + " done");
            return true;
        case "exit":
            System.exit(Integer.parseInt(words[1]));
            return false;
        case "halt":
            Runtime.getRuntime().halt(Integer.parseInt(words[1]));
            return false;
        default:
            return false;
        }
    }

    private static Feed source() {
        long rate = Long.getLong("rate", 100);
        switch (System.getProperty("source", "kafka")) {
        case "rate":
            return new RateStreamMicroBatchStream(rate, false);
        case "limited":
            return new RateStreamMicroBatchStream(rate, true);
        default:
            return new KafkaMicroBatchStream(rate, optional("limit"), optional("minimum"),
                    KafkaMicroBatchStream.Temper.valueOf(System.getProperty("temper", "PROMPT")));
        }
    }

    private static MicroBatchExecution query(String name) {
        return new MicroBatchExecution(name,
                Boolean.getBoolean("realTime") ? new RealTimeTrigger() : new ProcessingTimeTrigger(),
                Long.getLong("trigger", 2000), source());
    }

    public static void main(String[] arguments) throws Exception {
        String name = System.getProperty("name");
        MicroBatchExecution query = query(name);
        query.start();
        for (int i = 2; i <= Integer.getInteger("queries", 1); i++) {
            query(name + "-" + i).start();
        }
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            if (!obey(line.split(" "), query)) {
                return;
            }
        }
    }
}

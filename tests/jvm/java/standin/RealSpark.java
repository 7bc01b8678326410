package standin;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;

/** Uses the two methods of the real classes. By reflection, since the executor's package differs between versions. */
public class RealSpark {
    public static void main(String[] arguments) throws Exception {
        Class<?> triggerType = Class.forName("org.apache.spark.sql.execution.streaming.ProcessingTimeTrigger");
        Class<?> clockType = Class.forName("org.apache.spark.util.SystemClock");
        Class<?> executorType = Class.forName(System.getProperty("executor"));
        Method interval = executorType.getDeclaredMethod("intervalMs");
        Method wait = clockType.getMethod("waitTillTime", long.class);
        interval.setAccessible(true);
        System.out.println(
                "native " + Modifier.isNative(interval.getModifiers()) + " " + Modifier.isNative(wait.getModifiers()));

        Object clock = clockType.getConstructor().newInstance();
        Object trigger = triggerType.getConstructor(long.class).newInstance(700L);
        Object executor = executorType
                .getConstructor(triggerType, Class.forName("org.apache.spark.util.Clock"))
                .newInstance(trigger, clock);
        System.out.println("interval " + interval.invoke(executor));
        long end = System.currentTimeMillis() + 50;
        long returned = (Long) wait.invoke(clock, end);
        System.out.println("wait " + (returned >= end && System.currentTimeMillis() >= end ? "truthful" : "early"));
    }
}

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapGroupsWithStateFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.GroupState;
import org.apache.spark.sql.streaming.GroupStateTimeout;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.streaming.Trigger;

/**
 * Arbitrary state with time-outs: sessions of each key, closed by a gap between two events or, where none comes, by the
 * watermark. What comes out does not depend on where batches begin and end.
 *
 * Arguments: broker, topic, output folder, checkpoint folder.
 */
public class Sessions {
    private static final long GAP_MS = 1000;

    public static class Session implements Serializable {
        private int key;
        private long first;
        private long last;
        private long events;

        public int getKey() {
            return key;
        }

        public void setKey(int key) {
            this.key = key;
        }

        public long getFirst() {
            return first;
        }

        public void setFirst(long first) {
            this.first = first;
        }

        public long getLast() {
            return last;
        }

        public void setLast(long last) {
            this.last = last;
        }

        public long getEvents() {
            return events;
        }

        public void setEvents(long events) {
            this.events = events;
        }

        static Session of(int key, long time) {
            Session session = new Session();
            session.key = key;
            session.first = session.last = time;
            session.events = 1;
            return session;
        }

        boolean holds(long time) {
            return time >= first - GAP_MS && time <= last + GAP_MS;
        }

        void add(long time) {
            first = Math.min(first, time);
            last = Math.max(last, time);
            events++;
        }
    }

    private static Iterator<Session> sessions(int key, Iterator<Row> rows, GroupState<Session> state) {
        if (state.hasTimedOut()) {
            Session ended = state.get();
            state.remove();
            return Collections.singletonList(ended).iterator();
        }
        List<Long> times = new ArrayList<>();
        rows.forEachRemaining(row -> times.add(row.getLong(1)));
        Collections.sort(times);
        List<Session> ended = new ArrayList<>();
        Session open = state.exists() ? state.get() : null;
        for (long time : times) {
            if (open != null && open.holds(time)) {
                open.add(time);
                continue;
            }
            if (open != null) {
                ended.add(open);
            }
            open = Session.of(key, time);
        }
        state.update(open);
        state.setTimeoutTimestamp(open.getLast() + GAP_MS);
        return ended.iterator();
    }

    public static void main(String[] arguments) throws Exception {
        SparkSession spark = SparkSession.builder().appName("sessions").getOrCreate();
        spark.sparkContext().setLogLevel("WARN");
        Dataset<Row> events = spark.readStream().format("kafka").option("kafka.bootstrap.servers", arguments[0])
                .option("subscribe", arguments[1]).option("startingOffsets", "earliest").load()
                .selectExpr("CAST(get_json_object(CAST(value AS STRING), '$.value') AS INT) % 20 AS key",
                        "unix_millis(timestamp) AS ms", "timestamp")
                .withWatermark("timestamp", "5 seconds");
        events.groupByKey((MapFunction<Row, Integer>) row -> row.getInt(0), Encoders.INT())
                .flatMapGroupsWithState((FlatMapGroupsWithStateFunction<Integer, Row, Session, Session>) Sessions::sessions,
                        OutputMode.Append(), Encoders.bean(Session.class), Encoders.bean(Session.class),
                        GroupStateTimeout.EventTimeTimeout())
                .writeStream().queryName("windows").outputMode("append").format("json")
                .option("path", arguments[2]).option("checkpointLocation", arguments[3])
                .trigger(Trigger.ProcessingTime("4 seconds")).start().awaitTermination();
    }
}

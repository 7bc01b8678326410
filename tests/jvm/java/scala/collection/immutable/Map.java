package scala.collection.immutable;

import java.util.Arrays;
import scala.Tuple2;
import scala.collection.Iterator;

/** Stand-in: a list of pairs. */
public final class Map {
    private final Tuple2[] pairs;

    public Map(Tuple2... pairs) {
        this.pairs = pairs;
    }

    private static Iterator over(java.util.Iterator<?> iterator) {
        return new Iterator() {
            @Override
            public boolean hasNext() {
                return iterator.hasNext();
            }

            @Override
            public Object next() {
                return iterator.next();
            }
        };
    }

    public Iterator iterator() {
        return over(Arrays.asList(pairs).iterator());
    }

    public Iterator keysIterator() {
        return over(Arrays.stream(pairs).map(Tuple2::_1).iterator());
    }
}

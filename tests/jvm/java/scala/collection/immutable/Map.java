package scala.collection.immutable;

import scala.collection.Iterator;

public interface Map {
    Iterator keysIterator();
}

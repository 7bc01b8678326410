package standin;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;

/** Loads and initialises a class, with verification, and says whether its method is native. */
public class LoadClass {
    public static void main(String[] arguments) throws Exception {
        for (Method method : Class.forName(arguments[0]).getDeclaredMethods()) {
            if (method.getName().equals(arguments[1])) {
                System.out.println(Modifier.isNative(method.getModifiers()) ? "native" : "java");
            }
        }
    }
}

import java.io.PrintStream;
import java.nio.file.*;
import org.junit.runner.*;
import org.junit.runner.notification.Failure;

/** Runs the test classes listed in a file, one per line. Prints one line per failure, then the number of tests. */
public class Runner {
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        int tests = 0;
        for (String name : Files.readAllLines(Paths.get(arguments[0]))) {
            Result result = new JUnitCore().run(Class.forName(name));
            tests += result.getRunCount();
            for (Failure failure : result.getFailures()) {
                String message = String.valueOf(failure.getException()).replaceAll("\\s+", " ");
                out.println("FAILED\t" + name + "\t" + failure.getDescription().getMethodName() + "\t" + message);
            }
        }
        out.println("TESTS\t" + tests);
    }
}

package trident$;

import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.BlockTree;
import com.sun.source.tree.CaseTree;
import com.sun.source.tree.CatchTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.DoWhileLoopTree;
import com.sun.source.tree.EnhancedForLoopTree;
import com.sun.source.tree.ExpressionStatementTree;
import com.sun.source.tree.ForLoopTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LambdaExpressionTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.tree.StatementTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.TryTree;
import com.sun.source.tree.WhileLoopTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TimeZone;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;
import org.junit.Assert;
import org.junit.Test;
import org.junit.runner.Description;
import org.junit.runner.JUnitCore;
import org.junit.runner.Request;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/**
 * Compiles and runs answers in a test, on a class and on its mutants. jvm.py starts it and talks to it over stdin and
 * stdout. A frame is a length and its bytes; a text is a length and its UTF-16 units.
 *
 * <p>It says where it is (an answer and a run) before it runs what could end the JVM, so that jvm.py knows what did.
 */
public final class Worker {
    /** Per run: steps, milliseconds of processor time, milliseconds of waiting; processor time of one call of javac. */
    private final long steps, cpuMillis, waitMillis, javacMillis;

    /** javac needs more where a text is nested: what its parser takes on the smaller one, it should compile. */
    private static final long RUN_STACK = 1 << 20, JAVAC_STACK = 1 << 26;

    private static final PrintStream NOWHERE = new PrintStream(new OutputStream() {
        @Override
        public void write(int b) {}

        @Override
        public void write(byte[] bytes, int from, int length) {}
    });

    private final DataInputStream in;
    private final DataOutputStream out;
    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private final Map<String, Project> projects = new HashMap<>();
    private final Project noProject = project("");
    private final Map<String, byte[]> ownClasses = new HashMap<>();
    private final Properties properties = (Properties) System.getProperties().clone();
    private final Engine jupiter = jupiter();
    private boolean spoilt;

    public static void main(String[] arguments) {
        PrintStream stderr = System.err;
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        try {
            new Worker(in, out, arguments).serve();
        } catch (IOException | RuntimeException fault) { // one of this program, not of an answer
            fault.printStackTrace(stderr);
            try {
                out.writeInt(1);
                out.writeByte(FAULT);
                out.flush();
            } catch (IOException nobodyListens) {
                nobodyListens.printStackTrace(stderr);
            }
        } finally { // an error: no memory, as something else has it
            Runtime.getRuntime().halt(2);
        }
    }

    private Worker(DataInputStream in, DataOutputStream out, String[] limits) throws IOException {
        this.in = in;
        this.out = out;
        steps = Long.parseLong(limits[0]);
        cpuMillis = Long.parseLong(limits[1]);
        waitMillis = Long.parseLong(limits[2]);
        javacMillis = Long.parseLong(limits[3]);
        Unit own = new Unit("Steps", STEPS);
        compile(Collections.singletonList(own), noProject, own, NOTHING);
        if (own.error != null) {
            throw new IllegalStateException(own.error);
        }
        ownClasses.putAll(own.classes);
        new JUnitCore().run(Warm.class); // JUnit's classes are loaded: no run pays for that with its processor time
    }

    /** A test that passes. */
    public static final class Warm {
        @Test
        public void passes() {
            Assert.assertEquals(1, 1);
        }
    }

    /** Runs test methods of a framework other than JUnit 4. */
    interface Engine {
        /** Tells what becomes of a test. Returns false if it is none of this framework. */
        boolean run(Class<?> test, String method, RunListener listener);
    }

    /** The engine of JUnit 5, or null if that is not on the class path. */
    private static Engine jupiter() {
        try {
            return (Engine) Class.forName("trident$.Jupiter").getDeclaredConstructor().newInstance();
        } catch (ClassNotFoundException none) {
            return null;
        } catch (ReflectiveOperationException never) {
            throw new IllegalStateException(never);
        }
    }

    private void serve() throws IOException {
        send(READY, 0, 0);
        while (true) {
            byte[] frame;
            try {
                frame = new byte[in.readInt()];
            } catch (EOFException closed) {
                Runtime.getRuntime().halt(0);
                return;
            }
            in.readFully(frame);
            List<Outcome> outcomes = new Evaluation(new DataInputStream(new ByteArrayInputStream(frame))).outcomes();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream answer = new DataOutputStream(bytes);
            answer.writeByte(DONE);
            answer.writeBoolean(spoilt);
            answer.writeInt(outcomes.size());
            for (Outcome outcome : outcomes) {
                write(answer, outcome.verdict);
                write(answer, outcome.message);
                answer.writeInt(outcome.mutants.size());
                for (String mutant : outcome.mutants) {
                    write(answer, mutant);
                }
            }
            out.writeInt(bytes.size());
            bytes.writeTo(out);
            out.flush();
        }
    }

    // ------------------------------------------------------------------------------------------------ the protocol

    private static final int READY = 0, AT = 1, GIVES_UP = 2, DONE = 3, FAULT = 4;

    private void send(int kind, int answer, int run) throws IOException {
        out.writeInt(9);
        out.writeByte(kind);
        out.writeInt(answer);
        out.writeInt(run);
        out.flush();
    }

    /** Gives up: something does not stop. jvm.py replaces this JVM and knows which run it was. */
    private void giveUp(int answer, int run) throws IOException {
        send(GIVES_UP, answer, run);
        Runtime.getRuntime().halt(1);
    }

    private static String text(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return ByteBuffer.wrap(bytes).asCharBuffer().toString();
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        int count = in.readInt();
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            texts.add(text(in));
        }
        return texts;
    }

    private static void write(DataOutputStream out, String text) throws IOException {
        out.writeInt(2 * text.length());
        out.writeChars(text);
    }

    // ------------------------------------------------------------------------------------------------ one case

    private static final class Outcome {
        final String verdict, message;
        final List<String> mutants = new ArrayList<>();

        Outcome(String verdict, String message) {
            this.verdict = verdict;
            this.message = message;
        }
    }

    private static final String NOT_JAVA = "does not compile", NO_END = "no end", NO_MEMORY = "out of memory";

    /** Where the worker is with an answer: compiles it, or runs it on the class as it is, or on mutant 0, 1, … */
    private static final int COMPILES = -2, ORIGINAL = -1;

    /** In place of a run, with no answer: the test with nothing in its blank is compiled. */
    private static final int EMPTY = -3;

    /** Instead of an answer: all units of the case are compiled at once, or one that is not an answer's. */
    private static final int CASE = -1;

    private final class Evaluation {
        final String className, testClass, testMethod, before, after;
        final Project project;
        /** What ended a JVM before: answer and run to what that counts as. */
        final Map<List<Integer>, String> known = new HashMap<>();

        final Unit original;
        final List<Unit> mutants = new ArrayList<>();
        final List<Answer> answers = new ArrayList<>();
        Scaffold scaffold;
        /** The test with nothing in its blank, compiled; and what it refers to: any answer may do so too. */
        Unit empty;

        Set<String> allowed;

        Evaluation(DataInputStream in) throws IOException {
            className = text(in);
            original = new Unit(className, text(in));
            for (String mutant : texts(in)) {
                mutants.add(new Unit(className, mutant));
            }
            testClass = text(in);
            testMethod = text(in);
            before = text(in);
            after = text(in);
            for (String answer : texts(in)) {
                answers.add(new Answer(answers.size(), answer));
            }
            project = project(text(in));
            int count = in.readInt();
            for (int i = 0; i < count; i++) {
                List<Integer> place = Arrays.asList(in.readInt(), in.readInt());
                known.put(place, text(in));
            }
        }

        /** Says where the worker is. Returns what came of it before, if that ended a JVM, else null. */
        String enter(int answer, int run) throws IOException {
            send(AT, answer, run);
            return known.get(Arrays.asList(answer, run));
        }

        List<Outcome> outcomes() throws IOException {
            List<Outcome> outcomes = new ArrayList<>();
            String broken = prepare();
            for (Answer answer : answers) {
                outcomes.add(broken == null ? outcome(answer) : new Outcome(NOT_JAVA, broken));
            }
            return outcomes;
        }

        // ---------------------------------------------------------------------------------------- compile it

        /** Compiles what can be compiled at once. Returns what is wrong with the class or its test, or null. */
        String prepare() throws IOException {
            scaffold = Scaffold.of(Worker.this, testClass, before, after);
            if (scaffold == null) {
                return "the test is no Java around its blank";
            }
            if (enter(CASE, COMPILES) == null
                    && !watched(this::compileAtOnce, 2 * javacMillis, 20 * javacMillis, null)) {
                giveUp(CASE, COMPILES);
            }
            compileSingly(original, ORIGINAL, NOTHING);
            if (original.error != null) {
                return "the class under test: " + original.error;
            }
            if (empty == null) {
                empty = new Unit(testClass, scaffold.with("", ""));
                compileSingly(empty, EMPTY, original.classes);
            }
            allowed = references(empty);
            for (int i = 0; i < mutants.size(); i++) {
                compileSingly(mutants.get(i), i, NOTHING);
            }
            return null;
        }

        /** Compiles a unit that is no answer's, if that has not been done yet. */
        void compileSingly(Unit unit, int run, Map<String, byte[]> visible) throws IOException {
            if (unit.tried()) {
                return;
            }
            Runnable task = () -> {
                if (unit != empty) { // its steps are counted already
                    unit.count(parse(unit.source));
                }
                compile(Collections.singletonList(unit), project, unit, visible);
            };
            if (enter(CASE, run) != null) {
                unit.error = "javac came to no end";
            } else if (!watched(task, javacMillis, 10 * javacMillis, null)) {
                giveUp(CASE, run);
            } else if (!unit.tried()) {
                unit.error = TOO_DEEP; // the thread that compiles it has ended with an error
            }
        }

        /** The class, its mutants and its test with each answer, each renamed: one call of javac for all is fastest. */
        void compileAtOnce() {
            List<String> texts = new ArrayList<>();
            texts.add(original.source);
            for (Unit mutant : mutants) {
                texts.add(mutant.source);
            }
            for (Answer answer : answers) {
                texts.add(scaffold.alone(answer.text));
            }
            List<Parsed> parsed = parse(texts);
            original.count(parsed.get(0));
            Unit control = new Unit(className, original.source);
            Unit blank = new Unit(testClass, scaffold.with("", ""));
            List<Unit> units = new ArrayList<>(Arrays.asList(original));
            if (project.empty) { // else a class may need others of its package
                addMoved(units, control, parsed);
            }
            for (Answer answer : answers) {
                answer.check(parsed.get(1 + mutants.size() + answer.number));
            }
            if (scaffold.oneClass) {
                addRenamed(units, blank);
            }
            if (!compile(units, project, original, NOTHING)) {
                units.forEach(Unit::forget);
                return;
            }
            if (control.error != null) { // it may be the other package
                mutants.forEach(Unit::forget);
            }
            boolean works = blank.tried() && blank.error == null;
            for (Answer answer : answers) {
                works |= answer.test != null && answer.test.error == null;
            }
            if (works) {
                empty = blank;
            } else { // it may be the other name of the test class
                answers.forEach(answer -> answer.test = null);
            }
        }

        /** The mutants, each in a package of its own, and the class itself: does it compile there? */
        private void addMoved(List<Unit> units, Unit control, List<Parsed> parsed) {
            if (control.move(parsed.get(0), "trident$control$")) {
                units.add(control);
            }
            for (int i = 0; i < mutants.size(); i++) {
                if (mutants.get(i).move(parsed.get(1 + i), "trident$m" + i + "$")) {
                    units.add(mutants.get(i));
                }
            }
        }

        /** The tests, each with another name: with nothing in the blank, and with the answers that can stand there. */
        private void addRenamed(List<Unit> units, Unit blank) {
            blank.rename(scaffold.with("", "trident$blank$"), "trident$blank$");
            units.add(blank);
            for (Answer answer : answers) {
                if (answer.misfit == null && answer.canRename()) {
                    String prefix = "trident$a" + answer.number + "$";
                    answer.test = new Unit(testClass, "");
                    answer.test.rename(scaffold.with(answer.checked, prefix), prefix);
                    units.add(answer.test);
                }
            }
        }

        // ---------------------------------------------------------------------------------------- run it

        Outcome outcome(Answer answer) throws IOException {
            String ended = enter(answer.number, COMPILES);
            if (ended != null) {
                return new Outcome(NOT_JAVA, "javac came to no end");
            }
            if (!answer.tried() && !watched(answer::compile, javacMillis, 10 * javacMillis, null)) {
                giveUp(answer.number, COMPILES);
            }
            String error = answer.tried() ? answer.error() : TOO_DEEP; // the thread has ended with an error
            if (allowed == null) { // the rest needs the blank: the first answer, the reference, may do what it does
                allowed = error == null ? references(answer.test) : new HashSet<>();
            }
            if (error != null) {
                return new Outcome(NOT_JAVA, error);
            }
            String refused = refused(answer.test);
            if (refused != null) {
                return new Outcome("refused", refused);
            }
            Run run = run(answer, ORIGINAL, original);
            Outcome outcome = new Outcome(run.verdict(), run.message);
            if (outcome.verdict.equals("passes")) {
                for (int i = 0; i < mutants.size(); i++) {
                    Unit mutant = mutants.get(i);
                    outcome.mutants.add(mutant.error != null ? NOT_JAVA : run(answer, i, mutant).mutant());
                }
            }
            return outcome;
        }

        /** The first reference that the answer added and must not have, or null. */
        String refused(Unit test) {
            Set<String> added = references(test);
            added.removeAll(allowed);
            for (String reference : added) {
                String name = reference.split(" ")[0].replace('/', '.');
                boolean own = test.classes.containsKey(name) || original.classes.containsKey(name);
                if (!own && !project.defines(name) && !Allowed.allows(reference)) {
                    return reference.replace('/', '.');
                }
            }
            return null;
        }

        Run run(Answer answer, int number, Unit subject) throws IOException {
            Run run = new Run(this, answer, subject);
            run.ended = enter(answer.number, number);
            if (run.ended != null) {
                return run;
            }
            ThreadGroup group = new ThreadGroup("answer");
            group.setDaemon(true);
            boolean ended = watched(run, cpuMillis, waitMillis, group);
            run.close();
            if (!ended && run.thread.isAlive()) {
                giveUp(answer.number, number);
            }
            if (!ended) {
                run.ended = NO_END;
            }
            spoilt |= stays(group);
            if (NO_MEMORY.equals(run.ended)) {
                run.loader = null;
                System.gc();
                Runtime jvm = Runtime.getRuntime();
                spoilt |= jvm.totalMemory() - jvm.freeMemory() > jvm.maxMemory() / 2;
            }
            return run;
        }

        private final class Answer {
            final int number, first, last;
            final String text;
            /** With its steps counted. */
            String checked;
            /** Why it is more or less than what stands in its place, or null. */
            private String misfit;
            /** The test with this answer; null before it is compiled. */
            Unit test;

            Answer(int number, String text) {
                this.number = number;
                this.text = text;
                first = lines(before) + 2; // the scaffold puts it on lines of its own
                last = first + lines(text);
            }

            boolean tried() {
                return misfit != null || test != null && test.tried();
            }

            String error() {
                return misfit != null ? misfit : test.error;
            }

            /** Whether the test class can have another name around it. */
            boolean canRename() {
                return !text.contains(testClass) && !text.contains("trident$") && !text.contains("\\u");
            }

            void check(Parsed parsed) {
                misfit = last + lines(after) > 65535 ? "more lines than a class file can count" : parsed.error;
                if (misfit == null) {
                    checked = scaffold.checked(text, parsed);
                    misfit = checked == null ? scaffold.misfit() : null;
                }
            }

            void compile() {
                check(parse(scaffold.alone(text)));
                if (misfit == null) {
                    test = new Unit(testClass, scaffold.with(checked, ""));
                    Worker.this.compile(Collections.singletonList(test), project, test, original.classes);
                }
            }
        }
    }

    private static final Map<String, byte[]> NOTHING = Collections.emptyMap();

    /** Whether threads of a run stay. They are interrupted, and end at their next step. */
    private static boolean stays(ThreadGroup group) {
        for (int i = 0; i < 20 && group.activeCount() > 0; i++) {
            group.interrupt();
            pause(5);
        }
        return group.activeCount() > 0;
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException never) {
            throw new IllegalStateException(never);
        }
    }

    /** The milliseconds between two looks at a task. */
    private static final long ROUND = 20;

    /**
     * Runs a task on a thread of its own. Returns whether it ended within its limits.
     *
     * <p>Time counts only while all of its threads wait: one that could run has its processor time for a limit, so a
     * busy machine ends nothing.
     */
    private static boolean watched(Runnable task, long cpuMillis, long waitMillis, ThreadGroup group) {
        Run run = task instanceof Run ? (Run) task : null;
        Thread thread = new Thread(group, task, "answer", run == null ? JAVAC_STACK : RUN_STACK);
        thread.setDaemon(true);
        if (run != null) {
            run.thread = thread;
        }
        long waited = 0;
        thread.start();
        try {
            for (thread.join(ROUND); thread.isAlive(); thread.join(ROUND)) {
                List<Thread> threads = threads(thread, group);
                waited += threads.stream().anyMatch(one -> one.getState() == Thread.State.RUNNABLE) ? 0 : ROUND;
                if (processorMillis(threads) > cpuMillis || waited > waitMillis) {
                    if (run != null) {
                        run.close();
                    }
                    thread.interrupt();
                    thread.join(200);
                    return false;
                }
            }
        } catch (InterruptedException never) {
            throw new IllegalStateException(never);
        }
        return true;
    }

    /** A thread and the others of its group: JUnit runs a test with a timeout on another one. */
    private static List<Thread> threads(Thread thread, ThreadGroup group) {
        if (group == null) {
            return Collections.singletonList(thread);
        }
        Thread[] threads = new Thread[group.activeCount() + 10];
        return Arrays.asList(threads).subList(0, group.enumerate(threads));
    }

    private static long processorMillis(List<Thread> threads) {
        long nanos = 0;
        for (Thread one : threads) {
            nanos += Math.max(0, ManagementFactory.getThreadMXBean().getThreadCpuTime(one.getId()));
        }
        return nanos / 1000000;
    }

    /** One run of the test method: with one answer, on the class or a mutant, in a class loader of its own. */
    private final class Run extends RunListener implements Runnable {
        final Evaluation.Answer answer;
        final String testClass, testMethod;
        Loader loader;
        Thread thread;
        private volatile Field left;
        private boolean finished, failed, here, assumed, ignored;
        String message = "", ended;

        Run(Evaluation evaluation, Evaluation.Answer answer, Unit subject) {
            this.answer = answer;
            int dot = evaluation.testMethod.lastIndexOf('.');
            String nested = dot < 0 ? "" : "$" + evaluation.testMethod.substring(0, dot).replace('.', '$');
            testClass = evaluation.scaffold.testClass + nested;
            testMethod = evaluation.testMethod.substring(dot + 1);
            loader = new Loader(evaluation.project, subject.classes, answer.test.classes);
        }

        @Override
        public void run() {
            System.setIn(new ByteArrayInputStream(new byte[0]));
            System.setOut(NOWHERE);
            System.setErr(NOWHERE);
            System.setProperties((Properties) properties.clone()); // the run before may have changed them
            Locale.setDefault(Locale.US);
            TimeZone.setDefault(null);
            Thread.currentThread().setContextClassLoader(loader);
            try {
                left = Class.forName("trident$.Steps", true, loader).getField("left");
                left.setLong(null, steps);
                Class<?> test = Class.forName(testClass, false, loader);
                if (jupiter == null || !jupiter.run(test, testMethod, this)) {
                    JUnitCore core = new JUnitCore();
                    core.addListener(this);
                    core.run(Request.method(test, testMethod));
                }
            } catch (Throwable thrown) {
                note(thrown);
            }
            if (left != null && left() < 0) {
                ended = NO_END;
            }
        }

        private long left() {
            try {
                return left.getLong(null);
            } catch (IllegalAccessException never) {
                throw new IllegalStateException(never);
            }
        }

        /** Lets what still runs end at its next step. */
        void close() {
            try {
                if (left != null) {
                    left.setLong(null, Long.MIN_VALUE / 2);
                }
            } catch (IllegalAccessException never) {
                throw new IllegalStateException(never);
            }
        }

        @Override
        public void testFailure(Failure failure) {
            note(failure.getException());
        }

        @Override
        public void testAssumptionFailure(Failure failure) {
            assumed = true;
            note(failure.getException());
        }

        @Override
        public void testIgnored(Description description) {
            ignored = true;
        }

        @Override
        public void testFinished(Description description) {
            finished = true;
        }

        /** Several exceptions: one at the answer decides. Their methods may be the answer's own and do anything. */
        private void note(Throwable thrown) {
            failed = true;
            boolean at = false;
            Throwable cause = thrown;
            for (int depth = 0; cause != null && depth < 20; depth++, cause = cause.getCause()) {
                if (cause instanceof OutOfMemoryError) {
                    ended = NO_MEMORY;
                }
                at |= atAnswer(cause.getStackTrace());
            }
            if (message.isEmpty() || at && !here) {
                here |= at;
                String text = String.valueOf(thrown.toString());
                message = shortened(text.replaceAll("@[0-9a-f]{3,8}\\b", "@")); // else no two runs are the same
            }
        }

        private boolean atAnswer(StackTraceElement[] frames) {
            for (StackTraceElement frame : frames) {
                if (frame.getLineNumber() >= answer.first
                        && frame.getLineNumber() <= answer.last
                        && answer.test.classes.containsKey(frame.getClassName())) {
                    return true;
                }
            }
            return false;
        }

        String verdict() {
            if (ended != null) {
                return ended;
            }
            if (ignored || !failed && !finished) {
                message = "JUnit did not run the test";
                return "fails elsewhere";
            }
            return !failed ? "passes" : here ? "fails" : "fails elsewhere";
        }

        String mutant() {
            if (ended != null) {
                return ended.equals(NO_MEMORY) ? NO_MEMORY : NO_END;
            }
            return !failed || assumed ? "survives" : here ? "killed" : "killed elsewhere";
        }
    }

    /** Defines the classes of a case and of its project itself: each run starts with fresh static fields. */
    private final class Loader extends ClassLoader {
        final Project project;
        final List<Map<String, byte[]>> classes;

        Loader(Project project, Map<String, byte[]> subject, Map<String, byte[]> test) {
            super(Worker.class.getClassLoader());
            this.project = project;
            classes = Arrays.asList(test, subject, ownClasses);
            setDefaultAssertionStatus(true);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                if (loaded == null) {
                    byte[] bytes = bytes(name);
                    loaded = bytes == null ? super.loadClass(name, false) : defineClass(name, bytes, 0, bytes.length);
                }
                return loaded;
            }
        }

        private byte[] bytes(String name) {
            for (Map<String, byte[]> some : classes) {
                if (some.containsKey(name)) {
                    return some.get(name);
                }
            }
            return project.bytes(name);
        }

        @Override
        public URL getResource(String name) {
            URL own = project.loader.findResource(name);
            return own != null ? own : super.getResource(name);
        }
    }

    // ------------------------------------------------------------------------------------------------ compilation

    private static final List<String> OPTIONS = Arrays.asList(
            "-proc:none", "-nowarn", "-Xlint:none", "-g:source,lines", "-implicit:none", "-Xmaxerrs", "10000");

    /** A compilation unit, and what becomes of it. */
    private static final class Unit {
        final String simpleName, source;
        /** What javac gets: with its steps counted, and renamed so that many such units can be compiled at once. */
        String text;
        /** In compiled classes, `marker` stands for `name`. */
        private String marker = "", name = "";
        final Map<String, byte[]> classes = new LinkedHashMap<>();
        String error;

        Unit(String simpleName, String source) {
            this.simpleName = simpleName;
            this.source = source;
            text = source;
        }

        void count(Parsed parsed) {
            if (parsed.error == null) { // else javac says why not, later
                text = apply(source, 0, source.length(), new Insertions(parsed).found);
            }
        }

        /** Counts its steps and puts it into another package. Returns false if that cannot be done. */
        boolean move(Parsed parsed, String toPackage) {
            if (parsed.error != null) {
                return false;
            }
            List<Edit> insertions = new Insertions(parsed).found;
            Tree old = parsed.unit.getPackageName();
            if (old == null) {
                insertions.add(0, new Edit(0, 0, "package " + toPackage + ";"));
            } else {
                insertions.add(0, new Edit(parsed.start(old), parsed.end(old), toPackage));
                name = old.toString().replace('.', '/') + "/";
            }
            marker = toPackage + "/";
            text = apply(source, 0, source.length(), insertions);
            return true;
        }

        /** Another text, in which the class's name has a prefix. */
        void rename(String renamed, String prefix) {
            text = renamed;
            marker = prefix;
        }

        /** A message of javac without the other names. */
        String plain(String message) {
            return marker.isEmpty() ? message : message.replace(marker.replace('/', '.'), name.replace('/', '.'));
        }

        boolean tried() {
            return error != null || !classes.isEmpty();
        }

        /** Compile it again, as it is. */
        void forget() {
            text = source;
            marker = name = "";
            error = null;
            classes.clear();
        }

        void put(String className, byte[] bytes) {
            if (marker.isEmpty()) {
                classes.put(className, bytes);
            } else {
                String plain = className.replace('.', '/').replace(marker, name).replace('/', '.');
                classes.put(plain, renamed(bytes, marker, name));
            }
        }
    }

    /** What a case's class path holds, beside JUnit. */
    private final class Project {
        final StandardJavaFileManager files = compiler.getStandardFileManager(null, Locale.ENGLISH, null);
        final URLClassLoader loader;
        /** Whether there is none. */
        final boolean empty;
        final Map<String, byte[]> read = new HashMap<>();

        Project(String classPath) throws IOException {
            empty = classPath.isEmpty();
            List<File> entries = new ArrayList<>();
            List<URL> urls = new ArrayList<>();
            for (String entry : classPath.split(File.pathSeparator)) {
                if (!entry.isEmpty()) {
                    entries.add(new File(entry));
                    urls.add(new File(entry).toURI().toURL());
                }
            }
            loader = new URLClassLoader(urls.toArray(new URL[0]), null);
            for (String entry : System.getProperty("trident.junit").split(File.pathSeparator)) {
                entries.add(new File(entry));
            }
            files.setLocation(StandardLocation.CLASS_PATH, entries);
        }

        /** A class file; null if it is not there. JUnit is the one that runs the tests. */
        synchronized byte[] bytes(String name) {
            if (empty || name.matches("(org\\.junit|junit|org\\.hamcrest)\\..*")) {
                return null;
            }
            if (!read.containsKey(name)) {
                byte[] bytes = null;
                URL found = loader.findResource(name.replace('.', '/') + ".class");
                if (found != null) {
                    try (InputStream stream = found.openStream()) {
                        ByteArrayOutputStream all = new ByteArrayOutputStream();
                        byte[] some = new byte[8192];
                        for (int n = stream.read(some); n >= 0; n = stream.read(some)) {
                            all.write(some, 0, n);
                        }
                        bytes = all.toByteArray();
                    } catch (IOException unreadable) {
                        throw new IllegalStateException(found.toString(), unreadable);
                    }
                }
                read.put(name, bytes);
            }
            return read.get(name);
        }

        boolean defines(String name) {
            return bytes(name) != null;
        }
    }

    private Project project(String classPath) throws IOException {
        Project project = projects.get(classPath);
        if (project == null) {
            projects.put(classPath, project = new Project(classPath));
        }
        return project;
    }

    /**
     * Compiles units in one call of javac, then those without errors again, and so on. Units see `visible` classes.
     *
     * <p>Each unit then has either classes or an error. Returns false if javac cannot tell which unit is to blame, or
     * if `first`, which others need, has an error.
     */
    private boolean compile(List<Unit> units, Project project, Unit first, Map<String, byte[]> visible) {
        Map<Text, Unit> sources = new LinkedHashMap<>();
        for (Unit unit : units) {
            sources.put(new Text(unit.simpleName, unit.text), unit);
        }
        while (!sources.isEmpty() && first.error == null) {
            DiagnosticCollector<JavaFileObject> messages = new DiagnosticCollector<>();
            String crash = null;
            try {
                JavaFileManager files = new Memory(project.files, visible, sources);
                PrintWriter nowhere = new PrintWriter(NOWHERE);
                if (compiler.getTask(nowhere, files, messages, OPTIONS, null, sources.keySet()).call()) {
                    return true;
                }
            } catch (StackOverflowError deep) {
                crash = TOO_DEEP;
            } catch (OutOfMemoryError large) {
                crash = "too large for javac";
            } catch (RuntimeException | Error bug) {
                crash = "javac failed: " + bug;
            }
            sources.values().forEach(unit -> unit.classes.clear());
            for (Diagnostic<? extends JavaFileObject> message : messages.getDiagnostics()) {
                Unit unit = sources.get(message.getSource());
                if (message.getKind() == Diagnostic.Kind.ERROR && unit != null && unit.error == null) {
                    unit.error = shortened(unit.plain(message.getMessage(Locale.ENGLISH)));
                }
            }
            if (!sources.values().removeIf(unit -> unit.error != null)) {
                if (units.size() > 1) {
                    return false;
                }
                units.get(0).error = crash != null ? crash : "javac failed and gave no reason";
            }
        }
        return first.error == null;
    }

    private static final String TOO_DEEP = "nested too deeply for javac";

    private static String shortened(String text) {
        text = text.replaceAll("\\s+", " ");
        return text.length() > 300 ? text.substring(0, 300) : text;
    }

    /** A source in memory. */
    private static final class Text extends SimpleJavaFileObject {
        final String content;

        Text(String name, String content) {
            super(uri(name + ".java"), Kind.SOURCE);
            this.content = content;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreErrors) {
            return content;
        }

        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            return kind == Kind.SOURCE;
        }
    }

    /** A class in memory, to read. */
    private static final class Binary extends SimpleJavaFileObject {
        final String name;
        private final byte[] bytes;

        Binary(String name, byte[] bytes) {
            super(uri(name.replace('.', '/') + ".class"), Kind.CLASS);
            this.name = name;
            this.bytes = bytes;
        }

        @Override
        public InputStream openInputStream() {
            return new ByteArrayInputStream(bytes);
        }
    }

    private static URI uri(String path) {
        try {
            return new URI("memory", null, "/" + path, null);
        } catch (URISyntaxException never) {
            throw new IllegalArgumentException(never);
        }
    }

    /** The files that one call of javac sees: those of the project, and the classes compiled before. */
    private final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, byte[]> visible = new HashMap<>(ownClasses);
        private final Map<Text, Unit> sources;

        Memory(JavaFileManager files, Map<String, byte[]> visible, Map<Text, Unit> sources) {
            super(files);
            this.visible.putAll(visible);
            this.sources = sources;
        }

        @Override
        public Iterable<JavaFileObject> list(
                Location location, String packageName, Set<JavaFileObject.Kind> kinds, boolean recurse)
                throws IOException {
            Iterable<JavaFileObject> files = super.list(location, packageName, kinds, recurse);
            if (location != StandardLocation.CLASS_PATH || !kinds.contains(JavaFileObject.Kind.CLASS)) {
                return files;
            }
            List<JavaFileObject> all = new ArrayList<>();
            visible.forEach((name, bytes) -> {
                if (packageName.equals(name.substring(0, Math.max(0, name.lastIndexOf('.'))))) {
                    all.add(new Binary(name, bytes));
                }
            });
            for (JavaFileObject file : files) {
                if (!visible.containsKey(super.inferBinaryName(location, file))) {
                    all.add(file);
                }
            }
            return all;
        }

        @Override
        public String inferBinaryName(Location location, JavaFileObject file) {
            return file instanceof Binary ? ((Binary) file).name : super.inferBinaryName(location, file);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String name, JavaFileObject.Kind kind, FileObject source) {
            Unit unit = sources.get(source);
            return new SimpleJavaFileObject(uri(name.replace('.', '/') + ".class"), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return new ByteArrayOutputStream() {
                        @Override
                        public void close() {
                            unit.put(name, toByteArray());
                        }
                    };
                }
            };
        }
    }

    // ------------------------------------------------------------------------------------------------ source texts

    private static final String STEP = "trident$.Steps.step();";

    /** Counts steps. Each run has its own. */
    private static final String STEPS =
            "package trident$; public final class Steps { public static long left;"
                    + " public static void step() { if (--left < 0) { throw new NoEnd(); } }"
                    + " public static final class NoEnd extends Error {"
                    + " NoEnd() { super(\"too many steps\", null, false, false); } } }";

    /** A text, and either its tree or javac's first error. */
    private static final class Parsed {
        final String text;
        CompilationUnitTree unit;
        SourcePositions positions;
        String error;

        Parsed(String text) {
            this.text = text;
        }

        int start(Tree tree) {
            return (int) positions.getStartPosition(unit, tree);
        }

        int end(Tree tree) {
            return (int) positions.getEndPosition(unit, tree);
        }
    }

    private Parsed parse(String text) {
        return parse(Collections.singletonList(text)).get(0);
    }

    private List<Parsed> parse(List<String> texts) {
        Map<JavaFileObject, Parsed> parsed = new LinkedHashMap<>();
        List<Text> sources = new ArrayList<>();
        for (String text : texts) {
            sources.add(new Text("Unit" + sources.size(), text));
            parsed.put(sources.get(sources.size() - 1), new Parsed(text));
        }
        DiagnosticCollector<JavaFileObject> messages = new DiagnosticCollector<>();
        PrintWriter nowhere = new PrintWriter(NOWHERE);
        try {
            JavacTask task =
                    (JavacTask) compiler.getTask(nowhere, noProject.files, messages, OPTIONS, null, sources);
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            Iterator<? extends CompilationUnitTree> units = task.parse().iterator();
            for (Parsed one : parsed.values()) {
                one.unit = units.next();
                one.positions = positions;
            }
        } catch (StackOverflowError deep) {
            if (texts.size() > 1) {
                List<Parsed> singly = new ArrayList<>();
                for (String text : texts) {
                    singly.add(parse(text));
                }
                return singly;
            }
            parsed.values().forEach(one -> one.error = TOO_DEEP);
        } catch (IOException never) {
            throw new IllegalStateException(never);
        }
        for (Diagnostic<? extends JavaFileObject> message : messages.getDiagnostics()) {
            Parsed one = parsed.get(message.getSource());
            if (message.getKind() == Diagnostic.Kind.ERROR && one != null && one.error == null) {
                one.error = shortened(message.getMessage(Locale.ENGLISH));
            }
        }
        return new ArrayList<>(parsed.values());
    }

    /** A text that stands in the place of another one. */
    private static final class Edit {
        final int from, to;
        final String text;

        Edit(int at, String text) {
            this(at, at, text);
        }

        Edit(int from, int to, String text) {
            this.from = from;
            this.to = to;
            this.text = text;
        }
    }

    private static String apply(String text, int from, int to, List<Edit> insertions) {
        StringBuilder out = new StringBuilder();
        int at = from;
        for (Edit one : insertions) {
            if (one.from >= from && one.to <= to) {
                out.append(text, at, one.from).append(one.text);
                at = one.to;
            }
        }
        return out.append(text, at, to).toString();
    }

    /** Where to count steps: methods, lambdas and bodies of loops; handlers, or they would hold on what should end. */
    private static final class Insertions extends TreePathScanner<Void, Void> {
        final Parsed parsed;
        final List<Edit> found = new ArrayList<>();
        /** The statement or expression that stands for the blank, and the tree that it is in. */
        Tree blank, around;

        Insertions(Parsed parsed) {
            this.parsed = parsed;
            scan(parsed.unit, null);
            Collections.sort(found, Comparator.comparingInt((Edit one) -> one.from));
        }

        private void block(BlockTree block) {
            List<? extends StatementTree> statements = block.getStatements();
            if (!statements.isEmpty() && isConstructorCall(statements.get(0))) {
                found.add(new Edit(parsed.end(statements.get(0)), STEP));
                return;
            }
            int at = parsed.start(block);
            if (parsed.text.charAt(at) == '\\') { // the brace is a unicode escape
                do {
                    at++;
                } while (parsed.text.charAt(at) == 'u');
                at += 3;
            }
            found.add(new Edit(at + 1, STEP));
        }

        private static boolean isConstructorCall(StatementTree statement) {
            if (!(statement instanceof ExpressionStatementTree)) {
                return false;
            }
            Tree call = ((ExpressionStatementTree) statement).getExpression();
            if (!(call instanceof MethodInvocationTree)) {
                return false;
            }
            Tree method = ((MethodInvocationTree) call).getMethodSelect();
            return isNamed(method, "this")
                    || isNamed(method, "super")
                    || method instanceof MemberSelectTree
                            && ((MemberSelectTree) method).getIdentifier().contentEquals("super");
        }

        private static boolean isNamed(Tree tree, String name) {
            return tree instanceof IdentifierTree && ((IdentifierTree) tree).getName().contentEquals(name);
        }

        private void body(Tree statement) {
            if (statement instanceof BlockTree) {
                block((BlockTree) statement);
            } else {
                found.add(new Edit(parsed.start(statement), "{" + STEP));
                found.add(new Edit(parsed.end(statement), "}"));
            }
        }

        @Override
        public Void visitMethod(MethodTree method, Void nothing) {
            if (method.getBody() != null) {
                block(method.getBody());
            }
            return super.visitMethod(method, nothing);
        }

        @Override
        public Void visitLambdaExpression(LambdaExpressionTree lambda, Void nothing) {
            if (lambda.getBody() instanceof BlockTree) {
                block((BlockTree) lambda.getBody());
            }
            return super.visitLambdaExpression(lambda, nothing);
        }

        @Override
        public Void visitForLoop(ForLoopTree loop, Void nothing) {
            body(loop.getStatement());
            return super.visitForLoop(loop, nothing);
        }

        @Override
        public Void visitEnhancedForLoop(EnhancedForLoopTree loop, Void nothing) {
            body(loop.getStatement());
            return super.visitEnhancedForLoop(loop, nothing);
        }

        @Override
        public Void visitWhileLoop(WhileLoopTree loop, Void nothing) {
            body(loop.getStatement());
            return super.visitWhileLoop(loop, nothing);
        }

        @Override
        public Void visitDoWhileLoop(DoWhileLoopTree loop, Void nothing) {
            body(loop.getStatement());
            return super.visitDoWhileLoop(loop, nothing);
        }

        @Override
        public Void visitCatch(CatchTree handler, Void nothing) {
            block(handler.getBlock());
            return super.visitCatch(handler, nothing);
        }

        @Override
        public Void visitTry(TryTree statement, Void nothing) {
            if (statement.getFinallyBlock() != null) {
                block(statement.getFinallyBlock());
            }
            return super.visitTry(statement, nothing);
        }

        @Override
        public Void visitMethodInvocation(MethodInvocationTree call, Void nothing) {
            if (isNamed(call.getMethodSelect(), "trident$blank")) {
                boolean statement = getCurrentPath().getParentPath().getLeaf() instanceof ExpressionStatementTree;
                blank = statement ? getCurrentPath().getParentPath().getLeaf() : call;
                around = (statement ? getCurrentPath().getParentPath() : getCurrentPath()).getParentPath().getLeaf();
            }
            return super.visitMethodInvocation(call, nothing);
        }
    }

    /** The test around its blank, with its steps counted. */
    private static final class Scaffold {
        /** Stands before the name of the test class wherever it is: another name for each answer. */
        private static final String PREFIX = "trident$test$";

        /** The full name. */
        final String testClass;

        /** Without others beside it, which would be there once for each answer. */
        final boolean oneClass;

        private final String before, after;
        private final boolean statement;

        private Scaffold(String testClass, boolean oneClass, String before, String after, boolean statement) {
            this.testClass = testClass;
            this.oneClass = oneClass;
            this.before = before;
            this.after = after;
            this.statement = statement;
        }

        /** Null if the test is no Java, whether the blank is a statement or an expression. */
        static Scaffold of(Worker worker, String testClass, String before, String after) {
            String first = prefixed(before, testClass);
            String second = prefixed(after, testClass);
            for (String blank : new String[] {"trident$blank();", "trident$blank()"}) {
                Parsed parsed = worker.parse(first + blank + second);
                if (parsed.error != null) {
                    continue;
                }
                Insertions insertions = new Insertions(parsed);
                int end = first.length() + blank.length();
                String left = apply(parsed.text, 0, first.length(), insertions.found);
                String right = apply(parsed.text, end, parsed.text.length(), insertions.found);
                boolean statement = blank.endsWith(";");
                // the only statement of an if: neither less nor more may take its place
                boolean only =
                        statement && !(insertions.around instanceof BlockTree || insertions.around instanceof CaseTree);
                Tree inPackage = parsed.unit.getPackageName();
                return new Scaffold(
                        (inPackage == null ? "" : inPackage + ".") + testClass,
                        parsed.unit.getTypeDecls().size() == 1,
                        left + (only ? "{" : "") + "\n",
                        "\n" + (only ? "}" : "") + right,
                        statement);
            }
            return null;
        }

        private static String prefixed(String text, String name) {
            String skipped = "\"\"\"[\\s\\S]*?\"\"\"|\"[^\"\\\\\n]*+(?:\\\\.[^\"\\\\\n]*+)*+\"|'(?:\\\\.|[^'\\\\])++'"
                    + "|//[^\r\n]*+|/\\*[\\s\\S]*?\\*/";
            Matcher found =
                    Pattern.compile("(" + skipped + ")|(?<![\\w$])" + Pattern.quote(name) + "(?![\\w$])").matcher(text);
            StringBuffer out = new StringBuffer();
            while (found.find()) {
                String kept = found.group(1) != null ? found.group(1) : PREFIX + name;
                found.appendReplacement(out, Matcher.quoteReplacement(kept));
            }
            return found.appendTail(out).toString();
        }

        /** The whole test with an answer, the name of its class with a prefix. */
        String with(String answer, String prefix) {
            return before.replace(PREFIX, prefix) + answer + after.replace(PREFIX, prefix);
        }

        private String head() {
            return "class X { void m() throws Throwable {" + (statement ? "\n" : " x = (\n");
        }

        /** A class with an answer and nothing else. */
        String alone(String answer) {
            return head() + answer + (statement ? "\n} }" : "\n); } }");
        }

        String misfit() {
            return "more than " + (statement ? "statements" : "an expression");
        }

        /** The answer with its steps counted, or null if it is not what stands in its place and no more. */
        String checked(String answer, Parsed parsed) {
            String head = head();
            CompilationUnitTree unit = parsed.unit;
            if (unit.getTypeDecls().size() != 1 || !unit.getImports().isEmpty()) {
                return null;
            }
            Tree type = unit.getTypeDecls().get(0);
            if (!(type instanceof ClassTree) || !((ClassTree) type).getSimpleName().contentEquals("X")) {
                return null;
            }
            List<? extends Tree> members = ((ClassTree) type).getMembers();
            if (members.size() != 1 || !(members.get(0) instanceof MethodTree)) {
                return null;
            }
            MethodTree method = (MethodTree) members.get(0);
            if (parsed.end(method) != parsed.text.length() - 2 || parsed.end(type) != parsed.text.length()) {
                return null;
            }
            if (!statement) {
                List<? extends StatementTree> body = method.getBody().getStatements();
                if (body.size() != 1 || !(body.get(0) instanceof ExpressionStatementTree)) {
                    return null;
                }
                Tree assignment = ((ExpressionStatementTree) body.get(0)).getExpression();
                Tree value =
                        assignment instanceof AssignmentTree ? ((AssignmentTree) assignment).getExpression() : null;
                if (!(value instanceof ParenthesizedTree)
                        || parsed.start(value) != head.length() - 2
                        || parsed.end(value) != head.length() + answer.length() + 2) {
                    return null;
                }
            }
            List<Edit> own = new ArrayList<>();
            for (Edit one : new Insertions(parsed).found) {
                if (one.from >= head.length()) {
                    own.add(one);
                }
            }
            return apply(parsed.text, head.length(), head.length() + answer.length(), own);
        }
    }

    /** The line terminators of a text, as javac counts them. */
    private static int lines(String text) {
        int lines = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            lines += c == '\n' || c == '\r' && (i + 1 == text.length() || text.charAt(i + 1) != '\n') ? 1 : 0;
        }
        return lines;
    }

    // ------------------------------------------------------------------------------------------------ references

    /** The classes ("a/B") and members ("a/B name descriptor") that a unit refers to; null if it does not compile. */
    private static Set<String> references(Unit unit) {
        if (unit.error != null) {
            return null;
        }
        Set<String> all = new TreeSet<>();
        for (byte[] bytes : unit.classes.values()) {
            try {
                addReferences(bytes, all);
            } catch (IOException never) {
                throw new IllegalStateException(never);
            }
        }
        return all;
    }

    private static void addReferences(byte[] bytes, Set<String> all) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        in.skipBytes(8);
        int size = in.readUnsignedShort();
        String[] texts = new String[size];
        int[] first = new int[size], second = new int[size], tags = new int[size];
        for (int i = 1; i < size; i++) {
            tags[i] = in.readUnsignedByte();
            switch (tags[i]) {
                case 1: // Utf8
                    texts[i] = in.readUTF();
                    break;
                case 3: // Integer
                case 4: // Float
                    in.readInt();
                    break;
                case 5: // Long
                case 6: // Double: two places of the pool
                    in.readLong();
                    i++;
                    break;
                case 15: // MethodHandle
                    in.readUnsignedByte();
                    in.readUnsignedShort();
                    break;
                case 7: // Class
                case 8: // String
                case 16: // MethodType
                case 19: // Module
                case 20: // Package
                    first[i] = in.readUnsignedShort();
                    break;
                default: // members, NameAndType, Dynamic, InvokeDynamic
                    first[i] = in.readUnsignedShort();
                    second[i] = in.readUnsignedShort();
            }
        }
        for (int i = 1; i < size; i++) {
            if (tags[i] == 7) {
                String name = element(texts[first[i]]);
                if (name != null) {
                    all.add(name);
                }
            } else if (tags[i] >= 9 && tags[i] <= 11) {
                String owner = element(texts[first[first[i]]]);
                if (owner != null) {
                    all.add(owner + " " + texts[first[second[i]]] + " " + texts[second[second[i]]]);
                }
            }
        }
    }

    /** A class file in which `marker` is replaced in all names. */
    private static byte[] renamed(byte[] bytes, String marker, String name) {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length);
        DataOutputStream copy = new DataOutputStream(out);
        try {
            copy.writeLong(in.readLong());
            int size = in.readUnsignedShort();
            copy.writeShort(size);
            for (int i = 1; i < size; i++) {
                int tag = in.readUnsignedByte();
                copy.writeByte(tag);
                if (tag == 1) {
                    copy.writeUTF(in.readUTF().replace(marker, name));
                } else {
                    byte[] rest = new byte[WIDTHS[tag]];
                    in.readFully(rest);
                    copy.write(rest);
                    i += tag == 5 || tag == 6 ? 1 : 0;
                }
            }
            byte[] rest = new byte[in.available()];
            in.readFully(rest);
            copy.write(rest);
        } catch (IOException never) {
            throw new IllegalStateException(never);
        }
        return out.toByteArray();
    }

    /** Bytes of each kind of constant, after its tag. */
    private static final int[] WIDTHS = {0, 0, 0, 4, 4, 8, 8, 2, 2, 4, 4, 4, 4, 0, 0, 3, 2, 4, 4, 2, 2};

    /** The class of a name in the pool: of an array its elements' class; null for arrays of primitive types. */
    private static String element(String name) {
        if (!name.startsWith("[")) {
            return name;
        }
        String element = name.substring(name.lastIndexOf('[') + 1);
        return element.startsWith("L") ? element.substring(1, element.length() - 1) : null;
    }

    /** What an answer may refer to beside the code that it tests: nothing that leaves the thread or the memory. */
    private static final class Allowed {
        private static final Pattern CLASSES = Pattern.compile(
                "java/lang/(?!(Runtime|Process|Thread|InheritableThreadLocal|ClassLoader|ClassValue|SecurityManager"
                        + "|Module|StackWalker|Compiler|Package|ScopedValue|System\\$))[^/]+"
                        + "|java/lang/invoke/(LambdaMetafactory|StringConcatFactory|SerializedLambda"
                        + "|MethodHandles|MethodHandles\\$Lookup)"
                        + "|java/lang/runtime/(ObjectMethods|SwitchBootstraps)|java/lang/annotation/[^/]+"
                        + "|java/util/(?!(Timer|ServiceLoader|(|Property|List)ResourceBundle))[^/]+"
                        + "|java/util/(regex|function)/[^/]+|java/util/stream/(?!StreamSupport)[^/]+"
                        + "|java/util/concurrent/(atomic/[^/]+|Callable|TimeUnit|Concurrent[^/]+|CopyOnWrite[^/]+"
                        + "|[^/]+Exception)"
                        + "|java/math/[^/]+|java/text/[^/]+|java/time/([^/]+|(chrono|format|temporal)/[^/]+)"
                        + "|java/nio/charset/[^/]+|java/net/(URI|URISyntaxException)"
                        + "|java/io/(Serializable|Closeable|Flushable|Reader|Writer|StringReader|StringWriter"
                        + "|BufferedReader|InputStream|OutputStream|ByteArrayInputStream|ByteArrayOutputStream"
                        + "|PrintStream|[^/]+Exception)"
                        + "|org/junit/([^/]+|function/[^/]+|rules/ExpectedException)"
                        + "|org/junit/jupiter/api/(function/)?[^/]+|org/opentest4j/[^/]+"
                        + "|junit/framework/(Assert|TestCase|AssertionFailedError|ComparisonFailure)"
                        + "|org/hamcrest/(?!generator/).+|trident\\$/Steps( step .*)?");
        private static final Set<String> SYSTEM = new HashSet<>(Arrays.asList(
                "arraycopy", "nanoTime", "currentTimeMillis", "identityHashCode", "lineSeparator", "out", "err"));
        private static final Set<String> REFLECTION = new HashSet<>(Arrays.asList(
                "getName", "getSimpleName", "getTypeName", "getCanonicalName", "isInstance", "isAssignableFrom", "cast",
                "isInterface", "isArray", "isEnum", "isPrimitive", "getSuperclass", "getEnumConstants", "hashCode",
                "equals", "toString", "getClass", "desiredAssertionStatus", "getComponentType", "isAnonymousClass"));
        private static final Set<String> PRINTING =
                new HashSet<>(Arrays.asList("print", "println", "printf", "format", "append", "flush"));

        static boolean allows(String reference) {
            String[] parts = reference.split(" ");
            String owner = parts[0];
            if (!CLASSES.matcher(owner).matches()) {
                return false;
            }
            if (parts.length == 1) {
                return true;
            }
            String name = parts[1];
            switch (owner) {
                case "java/lang/System":
                    return SYSTEM.contains(name);
                case "java/lang/Class":
                    return REFLECTION.contains(name);
                case "java/lang/invoke/MethodHandles":
                case "java/lang/invoke/MethodHandles$Lookup":
                    return false; // named by every lambda, but not used by one
                case "java/io/PrintStream":
                    return PRINTING.contains(name);
                case "java/util/Formatter":
                    return !name.equals("<init>") || parts[2].startsWith("()");
                case "java/util/Locale":
                case "java/util/TimeZone":
                    return !name.equals("setDefault");
                case "java/util/concurrent/TimeUnit":
                    return !name.equals("sleep") && !name.startsWith("timed");
                case "trident$/Steps":
                    return name.equals("step");
                default:
                    return !name.startsWith("parallel") && !name.equals("wait") && !name.endsWith("Preemptively");
            }
        }
    }
}

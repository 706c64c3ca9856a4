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
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.reflect.Field;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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
    /** Per run: steps, milliseconds of processor time, milliseconds; processor time of javac. */
    private final long steps, cpuMillis, wallMillis, javacMillis;

    private final DataInputStream in;
    private final DataOutputStream out;
    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private final Map<String, Project> projects = new HashMap<>();
    private final byte[] stepsClass, noEndClass;
    private boolean spoilt;

    public static void main(String[] arguments) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        OutputStream stdout = new FileOutputStream(FileDescriptor.out);
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(stdout));
        PrintStream nowhere = new PrintStream(new Nowhere());
        System.setIn(new ByteArrayInputStream(new byte[0]));
        System.setOut(nowhere);
        Locale.setDefault(Locale.ENGLISH);
        new Worker(in, out, arguments).serve(nowhere);
    }

    private Worker(DataInputStream in, DataOutputStream out, String[] limits) throws IOException {
        this.in = in;
        this.out = out;
        steps = Long.parseLong(limits[0]);
        cpuMillis = Long.parseLong(limits[1]);
        wallMillis = Long.parseLong(limits[2]);
        javacMillis = Long.parseLong(limits[3]);
        Compiled own = compile("Steps", STEPS, project(""), Collections.<String, byte[]>emptyMap());
        if (own.error != null) {
            throw new IllegalStateException(own.error);
        }
        stepsClass = own.classes.get("trident$.Steps");
        noEndClass = own.classes.get("trident$.Steps$NoEnd");
    }

    private void serve(PrintStream nowhere) throws Exception {
        PrintStream stderr = System.err;
        send(READY, 0, 0);
        while (true) {
            int length;
            try {
                length = in.readInt();
            } catch (java.io.EOFException closed) {
                System.exit(0);
                return;
            }
            byte[] frame = new byte[length];
            in.readFully(frame);
            System.setErr(nowhere);
            List<Outcome> outcomes = new Evaluation(new DataInputStream(new ByteArrayInputStream(frame))).outcomes();
            System.setErr(stderr);
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

    private static final int READY = 0, AT = 1, ENDS = 2, DONE = 3;

    private void send(int kind, int answer, int run) throws IOException {
        out.writeInt(9);
        out.writeByte(kind);
        out.writeInt(answer);
        out.writeInt(run);
        out.flush();
    }

    /** Gives up: something does not stop. jvm.py replaces this JVM and knows which run it was. */
    private void giveUp(int answer, int run) throws IOException {
        send(ENDS, answer, run);
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

    private static final class Nowhere extends OutputStream {
        @Override
        public void write(int b) {}

        @Override
        public void write(byte[] bytes, int from, int length) {}
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

    /** Runs before the first mutant: compilation, and the class as it is. */
    private static final int COMPILES = -2, ORIGINAL = -1;

    private static final String BLANK = "trident$blank()";

    private final class Evaluation {
        final String className, classSource, testClass, testMethod, before, after;
        final List<String> mutants, answers;
        final Project project;
        /** What ended a JVM before: answer and run to what that counts as. */
        final Map<List<Integer>, String> known = new HashMap<>();

        Compiled original;
        final List<Compiled> mutated = new ArrayList<>();
        Scaffold scaffold;
        Set<String> allowed;

        Evaluation(DataInputStream in) throws IOException {
            className = text(in);
            classSource = text(in);
            mutants = texts(in);
            testClass = text(in);
            testMethod = text(in);
            before = text(in);
            after = text(in);
            answers = texts(in);
            project = project(text(in));
            int count = in.readInt();
            for (int i = 0; i < count; i++) {
                List<Integer> place = Arrays.asList(in.readInt(), in.readInt());
                known.put(place, text(in));
            }
        }

        List<Outcome> outcomes() throws Exception {
            List<Outcome> outcomes = new ArrayList<>();
            String broken = prepare();
            for (int i = 0; i < answers.size(); i++) {
                outcomes.add(broken == null ? outcome(i) : new Outcome(NOT_JAVA, broken));
            }
            return outcomes;
        }

        /** Compiles the class and its mutants, and finds the blank. Returns what is wrong with them, or null. */
        String prepare() throws IOException {
            send(AT, -1, COMPILES);
            original = compile(className, instrumented(classSource), project, Collections.<String, byte[]>emptyMap());
            if (original.error != null) {
                return "the class under test: " + original.error;
            }
            for (String mutant : mutants) {
                mutated.add(
                        compile(className, instrumented(mutant), project, Collections.<String, byte[]>emptyMap()));
            }
            scaffold = Scaffold.of(this::parse, before, after);
            if (scaffold == null) {
                return "the test is no Java around its blank";
            }
            allowed = references(compile(testClass, scaffold.with(";"), project, original.classes));
            return null;
        }

        Parsed parse(String text) {
            return Worker.this.parse(text);
        }

        Outcome outcome(int i) throws Exception {
            Answer answer = new Answer(i);
            send(AT, i, COMPILES);
            String killed = known.get(Arrays.asList(i, COMPILES));
            if (killed != null) {
                return new Outcome(NOT_JAVA, "javac ended or did not end: " + killed);
            }
            if (!watched(answer::compile, javacMillis, 10 * javacMillis, null)) {
                giveUp(i, COMPILES);
            }
            if (answer.error != null) {
                return new Outcome(NOT_JAVA, answer.error);
            }
            if (allowed == null) {
                allowed = references(answer.test);
            }
            String refused = refused(answer.test);
            if (refused != null) {
                return new Outcome("refused", refused);
            }
            Run run = run(answer, ORIGINAL, original);
            Outcome outcome = new Outcome(run.verdict(), run.message);
            if (outcome.verdict.equals("passes")) {
                for (int j = 0; j < mutated.size(); j++) {
                    Compiled mutant = mutated.get(j);
                    outcome.mutants.add(mutant.error != null ? NOT_JAVA : run(answer, j, mutant).mutant());
                }
            }
            return outcome;
        }

        /** The first reference that the answer added and must not have, or null. */
        String refused(Compiled test) {
            Set<String> added = references(test);
            added.removeAll(allowed);
            for (String reference : added) {
                String owner = reference.contains(" ") ? reference.substring(0, reference.indexOf(' ')) : reference;
                String name = owner.replace('/', '.');
                boolean own = test.classes.containsKey(name) || original.classes.containsKey(name);
                if (!own && !project.defines(name) && !Allowed.allows(reference)) {
                    return reference.replace('/', '.');
                }
            }
            return null;
        }

        Run run(Answer answer, int run, Compiled subject) throws Exception {
            send(AT, answer.number, run);
            Run one = new Run(this, answer, subject);
            String killed = known.get(Arrays.asList(answer.number, run));
            if (killed != null) {
                one.ended = killed;
                return one;
            }
            ThreadGroup group = new ThreadGroup("answer");
            group.setDaemon(false);
            boolean ended = watched(one, cpuMillis, wallMillis, group);
            one.close();
            if (!ended || left(group)) {
                if (!ended && one.thread.isAlive()) {
                    giveUp(answer.number, run);
                }
                if (!ended) {
                    one.ended = NO_END;
                }
            }
            if (one.ended != null && one.ended.equals(NO_MEMORY)) {
                System.gc();
                Runtime jvm = Runtime.getRuntime();
                spoilt |= jvm.totalMemory() - jvm.freeMemory() > jvm.maxMemory() / 2;
            }
            return one;
        }

        /** Whether threads of a run stay. They are interrupted, and end at their next step. */
        boolean left(ThreadGroup group) throws InterruptedException {
            group.interrupt();
            for (int i = 0; i < 20 && group.activeCount() > 0; i++) {
                Thread.sleep(5);
            }
            spoilt |= group.activeCount() > 0;
            return group.activeCount() > 0;
        }

        private final class Answer {
            final int number, first, last;
            Compiled test;
            String error;

            Answer(int number) {
                this.number = number;
                first = lines(before) + 2; // the scaffold puts it on lines of its own
                last = first + lines(answers.get(number));
            }

            void compile() {
                String text = scaffold.checked(Evaluation.this::parse, answers.get(number));
                if (text == null) {
                    error = "not a whole statement";
                    return;
                }
                test = Worker.this.compile(testClass, scaffold.with(text), project, original.classes);
                error = test.error;
            }
        }
    }

    private static final String NOT_JAVA = "does not compile", NO_END = "no end", NO_MEMORY = "out of memory";

    /** Runs a task on a thread of its own. Returns whether it ended within its limits. */
    private static boolean watched(Runnable task, long cpuMillis, long wallMillis, ThreadGroup group) {
        Thread thread = new Thread(group, task, "answer", 1 << 21);
        if (task instanceof Run) {
            ((Run) task).thread = thread;
        }
        thread.setDaemon(true);
        ThreadMXBean times = ManagementFactory.getThreadMXBean();
        long start = System.nanoTime();
        thread.start();
        try {
            thread.join(20);
            while (thread.isAlive()) {
                long cpu = times.getThreadCpuTime(thread.getId());
                if (cpu > cpuMillis * 1000000 || System.nanoTime() - start > wallMillis * 1000000) {
                    if (task instanceof Run) {
                        ((Run) task).close();
                    }
                    thread.interrupt();
                    thread.join(200);
                    return false;
                }
                thread.join(20);
            }
        } catch (InterruptedException never) {
            throw new IllegalStateException(never);
        }
        return true;
    }

    /** One run of the test method: with one answer, on the class or one of its mutants, in a class loader of its own. */
    private final class Run extends RunListener implements Runnable {
        final Evaluation.Answer answer;
        final String testClass, testMethod;
        final Loader loader;
        Thread thread;
        volatile Field left;
        boolean finished, failed, here, assumed, ignored;
        String message = "", ended;

        Run(Evaluation evaluation, Evaluation.Answer answer, Compiled subject) {
            this.answer = answer;
            testClass = answer.test.name(evaluation.testClass);
            testMethod = evaluation.testMethod;
            loader = new Loader(evaluation.project, subject.classes, answer.test.classes);
        }

        @Override
        public void run() {
            try {
                left = Class.forName("trident$.Steps", true, loader).getField("left");
                left.setLong(null, steps);
                Class<?> test = Class.forName(testClass, false, loader);
                JUnitCore core = new JUnitCore();
                core.addListener(this);
                core.run(Request.method(test, testMethod));
            } catch (Throwable thrown) {
                note(thrown);
            }
            try {
                if (left != null && left.getLong(null) < 0) {
                    ended = NO_END;
                }
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

        private void note(Throwable thrown) {
            if (thrown instanceof OutOfMemoryError) {
                ended = NO_MEMORY;
            }
            failed = true;
            boolean at = atAnswer(thrown);
            if (message.isEmpty() || at && !here) {
                String text = thrown.toString();
                message = text.length() > 300 ? text.substring(0, 300) : text;
            }
            here |= at;
        }

        private boolean atAnswer(Throwable thrown) {
            for (int depth = 0; thrown != null && depth < 20; depth++, thrown = thrown.getCause()) {
                for (StackTraceElement frame : thrown.getStackTrace()) {
                    if (frame.getLineNumber() >= answer.first
                            && frame.getLineNumber() <= answer.last
                            && answer.test.classes.containsKey(frame.getClassName())) {
                        return true;
                    }
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
                return ended.equals("refused") ? NO_END : ended;
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
            classes = Arrays.asList(test, subject);
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
            if (name.startsWith("trident$.")) {
                return name.equals("trident$.Steps") ? stepsClass : name.equals("trident$.Steps$NoEnd") ? noEndClass : null;
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

    private static final List<String> OPTIONS =
            Arrays.asList("-proc:none", "-nowarn", "-Xlint:none", "-g:source,lines", "-implicit:none");

    private static final class Compiled {
        final Map<String, byte[]> classes = new LinkedHashMap<>();
        String error;

        /** The full name of a class of the unit. */
        String name(String simple) {
            for (String name : classes.keySet()) {
                if (name.equals(simple) || name.endsWith("." + simple)) {
                    return name;
                }
            }
            return simple;
        }
    }

    /** What a case's class path holds, beside JUnit. */
    private final class Project {
        final StandardJavaFileManager files = compiler.getStandardFileManager(null, Locale.ENGLISH, null);
        final URLClassLoader loader;
        final Map<String, byte[]> read = new HashMap<>();

        Project(String classPath) throws IOException {
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

        synchronized byte[] bytes(String name) {
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

    private Compiled compile(String name, String source, Project project, Map<String, byte[]> visible) {
        Compiled compiled = new Compiled();
        DiagnosticCollector<JavaFileObject> messages = new DiagnosticCollector<>();
        JavaFileManager files = new Memory(project.files, visible, compiled.classes);
        List<Text> units = Collections.singletonList(new Text(name, source));
        try {
            boolean ok = compiler.getTask(new PrintWriter(new Nowhere()), files, messages, OPTIONS, null, units).call();
            if (!ok) {
                compiled.error = firstError(messages.getDiagnostics());
            }
        } catch (StackOverflowError deep) {
            compiled.error = "nested too deeply for javac";
        } catch (OutOfMemoryError large) {
            compiled.error = "too large for javac";
        } catch (RuntimeException | Error crash) {
            compiled.error = "javac failed: " + crash;
        }
        return compiled;
    }

    private static String firstError(List<Diagnostic<? extends JavaFileObject>> messages) {
        for (Diagnostic<? extends JavaFileObject> message : messages) {
            if (message.getKind() == Diagnostic.Kind.ERROR) {
                String text = message.getMessage(Locale.ENGLISH).replaceAll("\\s+", " ");
                return text.length() > 300 ? text.substring(0, 300) : text;
            }
        }
        return "javac gave no reason";
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

    /** A class in memory: to read, or to write. */
    private static final class Binary extends SimpleJavaFileObject {
        final String name;
        final Map<String, byte[]> classes;

        Binary(String name, Map<String, byte[]> classes) {
            super(uri(name.replace('.', '/') + ".class"), Kind.CLASS);
            this.name = name;
            this.classes = classes;
        }

        @Override
        public InputStream openInputStream() {
            return new ByteArrayInputStream(classes.get(name));
        }

        @Override
        public OutputStream openOutputStream() {
            return new ByteArrayOutputStream() {
                @Override
                public void close() {
                    classes.put(name, toByteArray());
                }
            };
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
        final Map<String, byte[]> visible, output;

        Memory(JavaFileManager files, Map<String, byte[]> visible, Map<String, byte[]> output) {
            super(files);
            this.visible = visible;
            this.output = output;
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
            if (packageName.equals("trident$") && stepsClass != null) {
                all.add(new Binary("trident$.Steps", Collections.singletonMap("trident$.Steps", stepsClass)));
                return all;
            }
            for (String name : visible.keySet()) {
                if (name.lastIndexOf('.') < 0 ? packageName.isEmpty() : packageName.equals(name.substring(0, name.lastIndexOf('.')))) {
                    all.add(new Binary(name, visible));
                }
            }
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
        public boolean isSameFile(FileObject a, FileObject b) {
            return a == b;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
            return new Binary(name, output);
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

    private interface Parser {
        Parsed parse(String text);
    }

    /** A text, its tree, and where steps are to be counted in it. `unit` is null if javac's parser finds an error. */
    private static final class Parsed {
        String text;
        CompilationUnitTree unit;
        SourcePositions positions;

        int start(Tree tree) {
            return (int) positions.getStartPosition(unit, tree);
        }

        int end(Tree tree) {
            return (int) positions.getEndPosition(unit, tree);
        }
    }

    private Parsed parse(String text) {
        Parsed parsed = new Parsed();
        parsed.text = text;
        DiagnosticCollector<JavaFileObject> messages = new DiagnosticCollector<>();
        try {
            JavaFileManager files = project("").files;
            List<Text> units = Collections.singletonList(new Text("Unit", text));
            JavacTask task =
                    (JavacTask) compiler.getTask(new PrintWriter(new Nowhere()), files, messages, OPTIONS, null, units);
            for (CompilationUnitTree unit : task.parse()) {
                parsed.unit = unit;
            }
            parsed.positions = Trees.instance(task).getSourcePositions();
            for (Diagnostic<? extends JavaFileObject> message : messages.getDiagnostics()) {
                if (message.getKind() == Diagnostic.Kind.ERROR) {
                    parsed.unit = null;
                }
            }
        } catch (StackOverflowError deep) {
            parsed.unit = null;
        } catch (IOException never) {
            throw new IllegalStateException(never);
        }
        return parsed;
    }

    /** The text with its steps counted; unchanged if it is not Java (javac then says why). */
    private String instrumented(String source) {
        Parsed parsed = parse(source);
        return parsed.unit == null ? source : apply(source, 0, source.length(), new Insertions(parsed).found);
    }

    private static final class Insertion {
        final int at;
        final String text;

        Insertion(int at, String text) {
            this.at = at;
            this.text = text;
        }
    }

    private static String apply(String text, int from, int to, List<Insertion> insertions) {
        StringBuilder out = new StringBuilder();
        int at = from;
        for (Insertion one : insertions) {
            if (one.at >= from && one.at <= to) {
                out.append(text, at, one.at).append(one.text);
                at = one.at;
            }
        }
        return out.append(text, at, to).toString();
    }

    /** Where to count steps: methods, lambdas and bodies of loops; handlers, or they would hold on what should end. */
    private static final class Insertions extends TreePathScanner<Void, Void> {
        final Parsed parsed;
        final List<Insertion> found = new ArrayList<>();
        /** The statement or expression that stands for the blank, and the tree that it is in. */
        Tree blank, around;

        Insertions(Parsed parsed) {
            this.parsed = parsed;
            scan(parsed.unit, null);
            Collections.sort(found, Comparator.comparingInt((Insertion one) -> one.at));
        }

        private void block(BlockTree block) {
            List<? extends StatementTree> statements = block.getStatements();
            if (!statements.isEmpty() && isConstructorCall(statements.get(0))) {
                found.add(new Insertion(parsed.end(statements.get(0)), STEP));
                return;
            }
            int at = parsed.start(block);
            if (parsed.text.charAt(at) == '\\') { // the brace is a unicode escape
                do {
                    at++;
                } while (parsed.text.charAt(at) == 'u');
                at += 3;
            }
            found.add(new Insertion(at + 1, STEP));
        }

        private static boolean isConstructorCall(StatementTree statement) {
            if (!(statement instanceof ExpressionStatementTree)) {
                return false;
            }
            Tree call = ((ExpressionStatementTree) statement).getExpression();
            return call instanceof MethodInvocationTree
                    && Pattern.matches("(?s)(.*\\.)?(this|super)", ((MethodInvocationTree) call).getMethodSelect().toString());
        }

        private void body(Tree statement) {
            if (statement instanceof BlockTree) {
                block((BlockTree) statement);
            } else {
                found.add(new Insertion(parsed.start(statement), "{" + STEP));
                found.add(new Insertion(parsed.end(statement), "}"));
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
            if (call.getMethodSelect().toString().equals("trident$blank")) {
                boolean statement = getCurrentPath().getParentPath().getLeaf() instanceof ExpressionStatementTree;
                blank = statement ? getCurrentPath().getParentPath().getLeaf() : call;
                around = (statement ? getCurrentPath().getParentPath() : getCurrentPath()).getParentPath().getLeaf();
            }
            return super.visitMethodInvocation(call, nothing);
        }
    }

    /** The test around its blank, with its steps counted. */
    private static final class Scaffold {
        final String before, after;
        final boolean statement;

        private Scaffold(String before, String after, boolean statement) {
            this.before = before;
            this.after = after;
            this.statement = statement;
        }

        /** Null if the test is no Java, whether the blank is a statement or an expression. */
        static Scaffold of(Parser parser, String before, String after) {
            for (String blank : new String[] {BLANK + ";", BLANK}) {
                Parsed parsed = parser.parse(before + blank + after);
                if (parsed.unit == null) {
                    continue;
                }
                Insertions insertions = new Insertions(parsed);
                int start = before.length();
                int end = start + blank.length();
                String left = apply(parsed.text, 0, start, insertions.found);
                String right = apply(parsed.text, end, parsed.text.length(), insertions.found);
                boolean statement = blank.endsWith(";");
                // the only statement of an if: neither less nor more may take its place
                boolean alone =
                        statement && !(insertions.around instanceof BlockTree || insertions.around instanceof CaseTree);
                return new Scaffold(left + (alone ? "{" : "") + "\n", "\n" + (alone ? "}" : "") + right, statement);
            }
            return null;
        }

        String with(String answer) {
            return before + answer + after;
        }

        /** The answer with its steps counted, or null if it is not what stands in its place and no more. */
        String checked(Parser parser, String answer) {
            String head = "class X { void m() throws Throwable {" + (statement ? "\n" : " x = (\n");
            String tail = statement ? "\n} }" : "\n); } }";
            Parsed parsed = parser.parse(head + answer + tail);
            if (parsed.unit == null) {
                return null;
            }
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
            List<Insertion> own = new ArrayList<>();
            for (Insertion one : new Insertions(parsed).found) {
                if (one.at >= head.length()) {
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

    /** The classes ("a/B") and members ("a/B name descriptor") that compiled classes refer to; null if none compiled. */
    private static Set<String> references(Compiled compiled) {
        if (compiled.error != null) {
            return null;
        }
        Set<String> all = new HashSet<>();
        for (byte[] bytes : compiled.classes.values()) {
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
                        + "|java/util/(?!(Timer|ServiceLoader|ResourceBundle|PropertyResourceBundle|ListResourceBundle))[^/]+"
                        + "|java/util/(regex|function)/[^/]+|java/util/stream/(?!StreamSupport)[^/]+"
                        + "|java/util/concurrent/(atomic/[^/]+|Callable|TimeUnit|Concurrent[^/]+|CopyOnWrite[^/]+"
                        + "|[^/]+Exception)"
                        + "|java/math/[^/]+|java/text/[^/]+|java/time/([^/]+|(chrono|format|temporal)/[^/]+)"
                        + "|java/nio/charset/[^/]+|java/net/(URI|URISyntaxException)"
                        + "|java/io/(Serializable|Closeable|Flushable|Reader|Writer|StringReader|StringWriter"
                        + "|BufferedReader|InputStream|OutputStream|ByteArrayInputStream|ByteArrayOutputStream"
                        + "|PrintStream|[^/]+Exception)"
                        + "|org/junit/([^/]+|function/[^/]+|rules/ExpectedException)"
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
                    return !name.startsWith("parallel") && !name.equals("wait");
            }
        }
    }
}

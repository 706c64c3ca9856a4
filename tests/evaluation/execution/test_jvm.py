"""trident/evaluation/execution/jvm.py: every answer, whatever text it is, gets its verdict and harms no other."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from trident.evaluation.execution import jvm
from trident.evaluation.execution.jvm import MUTANT_VERDICTS, VERDICTS, Case, Outcome, Workers
from trident.java import jdk
from trident.java.assertions import MARK

pytestmark = pytest.mark.jdk

BOX = """package shop;

import java.util.*;

public class Box {
    static int made;
    private final List<Integer> items = new ArrayList<>();
    private int sum;

    public Box() {
        made++;
    }

    public Box add(int item) {
        items.add(item);
        sum += item;
        return this;
    }

    public int sum() {
        return sum;
    }

    public int countdown(int from) {
        while (from > 0)
            from--;
        return from;
    }

    int[] copies(int count) {
        return new int[count];
    }

    public static void each(Box box, java.util.function.IntConsumer use) {
        for (int item : box.items) use.accept(item);
    }

    public void leave() {
        System.exit(3);
    }
}
"""
TEST = """package shop;

import java.util.*;
import org.junit.*;
import static org.junit.Assert.*;

public class BoxTest {
    private static final int THREE = 3;

    @Test
    public void adds() {
        Box box = new Box().add(1).add(2);
        <ASSERTION>
        assertEquals(1, Box.made);
        assertEquals(3, box.sum());
    }

    @Test
    public void other() {
        fail("not asked for");
    }
}
"""
RIGHT = "assertEquals(3, box.sum());"
SUM_MINUS, NO_ADD, SUM_PLUS_ONE = (
    ("sum += item", "sum -= item"),
    ("items.add(item);", ""),
    ("return sum;", "return sum+1;"),
)
UPWARDS, GREEDY, BROKEN = ("from--", "from++"), ("new int[count]", "new int[count << 28]"), ("return sum;", "return s;")


def box(*answers: str, mutants: tuple[tuple[str, str], ...] = (), test: str = TEST) -> Case:
    assert all(old in BOX for old, _ in mutants)
    changed = tuple(BOX.replace(old, new) for old, new in mutants)
    return Case("Box", BOX, changed, "BoxTest", "adds", test, answers)


@pytest.fixture(scope="module")
def found() -> jdk.Jdk:
    try:
        return jdk.find()
    except jdk.NoJdk as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def workers(found: jdk.Jdk) -> Iterator[Workers]:
    with Workers(found, 1) as started:
        yield started


def run(workers: Workers, case: Case) -> list[Outcome]:
    [outcomes] = workers.run([case])
    assert len(outcomes) == len(case.answers)
    assert all(one.verdict in VERDICTS for one in outcomes)
    assert all(set(one.mutants) <= set(MUTANT_VERDICTS) for one in outcomes)
    assert all(len(one.mutants) == (len(case.mutants) if one.verdict == "passes" else 0) for one in outcomes)
    return outcomes


def verdicts(workers: Workers, case: Case) -> list[str]:
    return [outcome.verdict for outcome in run(workers, case)]


# -- what is said of answers and mutants


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (RIGHT, "passes"),
        ("assertEquals(THREE, box.sum()); assertTrue(true);", "passes"),
        ("", "passes"),
        ("// nothing", "passes"),
        ("assertTrue(true); // box.add(", "passes"),
        ("assertEquals(BoxTest.THREE, box.sum());", "passes"),
        ("assertEquals(3, box.\\u0073um());", "passes"),
        ("for (int i = 0; i < 3; i++) \\u007b assertNotNull(box); \\u007d", "passes"),
        ("int extra = 1; class Local { int two() { return 2; } } assertEquals(2, new Local().two());", "passes"),
        ("assertThrows(ArithmeticException.class, () -> { int zero = 0; zero = 1 / zero; });", "passes"),
        ("Box.each(box, item -> assertTrue(item > 0));", "passes"),
        ('System.out.println("printing is harmless"); System.out.flush();', "passes"),
        ('assertEquals("BoxTest", getClass().getSimpleName());', "passes"),
        ("here: for (;;) { break here; }", "passes"),
        ("@SuppressWarnings(\"unused\") int one = 1;", "passes"),
        ("int \ud835\udc65 = 3; assertEquals(\ud835\udc65, box.sum());", "passes"),
        ("assertEquals(4, box.sum());", "fails"),
        ("int one = 1;\r\nint two = 2;\rassertEquals(one, two);", "fails"),
        ("// \\u000a assertEquals(4, box.sum());", "fails"),
        ("\r\r\n\n\x0c\x0b", "does not compile"),
        ("box.add(1);\r\r\n\n\x0c", "fails elsewhere"),
        ("Box.each(box, item -> {\n    assertTrue(item > 1);\n});", "fails"),
        ("Object none = null; none.hashCode();", "fails"),
        ("assert box.sum() == 4;", "fails"),
        ("org.junit.Assume.assumeTrue(false);", "fails"),
        ("new Object() { void deeper() { deeper(); } }.deeper();", "fails"),
        ("box.add(1);", "fails elsewhere"),
        ("new Box();", "fails elsewhere"),
        ("assertEquals(3, box.total());", "does not compile"),
        ("int box = 1;", "does not compile"),
        ("return;", "does not compile"),
        ("break;", "does not compile"),
        ("while (true);", "does not compile"),
        ("assertEquals(3, box.sum())", "does not compile"),
        ("import java.io.*;", "does not compile"),
        ('assertEquals("3, box.sum());', "does not compile"),
        ("/*", "does not compile"),
        ("*/", "does not compile"),
        ('"""', "does not compile"),
        ("}", "does not compile"),
        ("} {", "does not compile"),
        ("} void more() {", "does not compile"),
        ("\\u007d void more() \\u007b", "does not compile"),
        ("} @Test public void more() { assertTrue(true);", "does not compile"),
        ("} } class More { void more() {", "does not compile"),
        ("} } interface More { static void more() {", "does not compile"),
        ("} static void assertEquals(long a, long b) {", "does not compile"),
        ("if (box != null)", "does not compile"),
        ("case 1:", "does not compile"),
        ("<ASSERTION>", "does not compile"),
        ("\ud800", "does not compile"),
        ("assertTrue(true);\0", "does not compile"),
        ("\x1a", "does not compile"),
        ("trident$a0$BoxTest.THREE++;", "does not compile"),
        ('assertEquals("\ud800".length(), 1);', "passes"),
    ],
)  # fmt: skip
def test_verdict(workers: Workers, answer: str, verdict: str) -> None:
    [alone] = run(workers, box(answer))
    beside = run(workers, box(RIGHT, answer, "assertEquals(4, box.sum());"))
    assert (alone.verdict, alone.message) == (verdict, beside[1].message), alone
    assert [one.verdict for one in beside] == ["passes", verdict, "fails"]


def test_what_a_mutant_shows(workers: Workers) -> None:
    mutants = (SUM_MINUS, NO_ADD, SUM_PLUS_ONE, UPWARDS, GREEDY, BROKEN)
    test = TEST.replace("        assertEquals(3, box.sum());\n", "")
    right, vacuous, counting, copying, copies_none = run(
        workers,
        box(
            RIGHT,
            "assertNotNull(new Object());",
            "assertEquals(0, box.countdown(9));",
            "assertEquals(8, box.copies(8).length);",
            "assertEquals(0, box.copies(0).length);",
            mutants=mutants,
            test=test,
        ),
    )
    other = "does not compile"
    assert right.mutants == ("killed", "survives", "killed", "survives", "survives", other)
    assert vacuous.mutants == ("survives",) * 5 + (other,)
    assert counting.mutants == ("survives", "survives", "survives", "no end", "survives", other)
    assert copying.mutants == ("survives", "survives", "survives", "survives", "killed", other)
    assert copies_none.mutants == ("survives",) * 5 + (other,)
    [elsewhere] = run(workers, box("assertTrue(true);", mutants=mutants))
    assert elsewhere.mutants == ("killed elsewhere", "survives", "killed elsewhere", "survives", "survives", other)
    [greedy] = run(workers, box("assertEquals(1, box.copies(1).length);", mutants=(GREEDY,)))
    assert greedy.mutants == ("out of memory",)


def test_a_message_says_why(workers: Workers) -> None:
    wrong, unknown, exits, closes = run(
        workers, box("assertEquals(4, box.sum());", "gone();", "System.exit(0);", "} void more() {")
    )
    assert wrong.message == "java.lang.AssertionError: expected:<4> but was:<3>"
    assert unknown.message == "cannot find symbol symbol: method gone() location: class shop.BoxTest"
    assert exits.message == "java.lang.System exit (I)V"
    assert closes.message == "more than statements"
    [same, again] = run(
        workers, box("assertEquals(1, new Object());", 'if (box != null) throw new Error("" + new Object());')
    )
    assert "java.lang.Object@>" in same.message and again.message.endswith("java.lang.Object@")


# -- where the blank is


def test_a_blank_without_braces_takes_one_answer_and_no_more(workers: Workers) -> None:
    test = TEST.replace(MARK, f"if (box.sum() == 4) {MARK} else box.countdown(1);")
    case = box("fail();", "", "fail(); fail();", "if (box != null) fail();", test=test)
    assert verdicts(workers, case) == ["passes"] * 4
    test = TEST.replace(MARK, f"for (int i = 0; i < 1; i++) {MARK}")
    case = box(RIGHT, "", "int one = 1;", "continue;", "assertEquals(0, i);", "assertEquals(1, i);", test=test)
    assert verdicts(workers, case) == ["passes"] * 5 + ["fails"]


def test_a_blank_can_be_an_expression(workers: Workers) -> None:
    test = TEST.replace(MARK, f"Box.each(box, item -> {MARK});")
    answers = ["assertTrue(item > 0)", "assertTrue(item > 1)", "assertTrue(item > 0);", "item", "", "x) -> (y"]
    answers += ["assertTrue(true), assertTrue(true)", "{ assertTrue(item > 0); }", "assertTrue(true)) ; box.add((1"]
    assert verdicts(workers, box(*answers, test=test)) == ["passes", "fails"] + ["does not compile"] * 7


def test_what_the_rest_needs_of_the_reference_any_answer_may_use(workers: Workers) -> None:
    test = TEST.replace(MARK, f"{MARK}\n        assertNotNull(home);")
    home = 'String home = System.getProperty("user.home");'
    answers = [home, 'String home = "";', RIGHT, f"{home} System.exit(0);"]
    assert verdicts(workers, box(*answers, test=test)) == ["passes", "passes", "does not compile", "refused"]
    assert verdicts(workers, box("gone();", f"{home}", test=test)) == ["does not compile", "refused"]


@pytest.mark.parametrize("package", ["", "package shop;\n"])
def test_packages_rules_and_other_classes_of_the_units(workers: Workers, package: str) -> None:
    source = (
        package + "class Door { boolean open() { return Bolt.open; } }\nclass Bolt { static boolean open = true; }\n"
    )
    test = f"""{package}
import org.junit.*;
import org.junit.rules.*;
import static org.junit.Assert.*;
public class DoorTest extends Base {{
    @Rule public ExpectedException thrown = ExpectedException.none();
    Door door;
    public DoorTest() {{ super(); Bolt.open = true; }}
    @Before public void make() {{ door = new Door(); }}
    @After public void check() {{ assertTrue(Bolt.open); }}
    @Test(expected = IllegalStateException.class) public void opens() {{
        {MARK}
        throw new IllegalStateException(DoorTest.class.getName());
    }}
}}
class Base {{ }}
"""
    case = Case(
        "Door", source, (source.replace("open = true", "open = false"), source.replace("Bolt.open", "false")),
        "DoorTest", "opens", test,
        ("assertTrue(door.open());", "Bolt.open = false;", "assertFalse(door.open());", "thrown.expect(Error.class);"),
    )  # fmt: skip
    right, breaks, wrong, expects = run(workers, case)
    assert right == Outcome("passes", "", ("survives", "killed"))
    assert (breaks.verdict, wrong.verdict, expects.verdict) == ("fails elsewhere", "fails", "fails elsewhere")


def test_a_test_that_is_not_run_passes_nothing(workers: Workers) -> None:
    ignored = TEST.replace("@Test", "@Ignore @Test")
    assert [o.message for o in run(workers, box(RIGHT, test=ignored))] == ["JUnit did not run the test"]
    assert verdicts(workers, replace(box(RIGHT), test_method="gone")) == ["fails elsewhere"]
    assert verdicts(workers, replace(box(RIGHT), test_source=TEST.replace("{\n", "(\n", 1))) == ["does not compile"]
    [broken] = run(workers, replace(box(RIGHT), class_source=BOX.replace("sum +=", "total +=")))
    assert broken.verdict == "does not compile" and broken.message.startswith("the class under test: cannot find")
    with pytest.raises(ValueError, match="BoxTest: the test must hold <ASSERTION> once, not 0 times"):
        box(RIGHT, test="class BoxTest { }")


def test_a_project_s_classes_are_on_the_class_path(workers: Workers, found: jdk.Jdk, tmp_path: Path) -> None:
    (tmp_path / "Scale.java").write_text(
        "package shop; class Scale { static int uses; static int weigh(int x) { uses++; return x; }"
        " public static void quit() { System.exit(4); } }"
    )
    (tmp_path / "Box.java").write_text("package shop; public class Box { } // an old version")
    jdk._run([found.javac, "-d", ".", "Scale.java", "Box.java"], tmp_path)
    source = BOX.replace("sum += item", "sum += Scale.weigh(item)")
    answers = (RIGHT, "assertEquals(2, Scale.uses);", "assertEquals(3, Scale.weigh(4));", "Runtime.getRuntime();")
    case = replace(
        box(*answers), class_source=source, mutants=(source.replace("sum +=", "sum -="),), class_path=str(tmp_path)
    )
    outcomes = run(workers, case)
    assert [one.verdict for one in outcomes] == ["passes", "passes", "fails", "refused"]
    assert [one.mutants for one in outcomes] == [("killed",), ("killed elsewhere",), (), ()]
    assert verdicts(workers, box("assertEquals(2, Scale.uses);")) == ["does not compile"]


# -- hostile texts

REFUSED = [
    "System.exit(0);",
    "Runtime.getRuntime().halt(0);",
    "Runnable r = () -> System.exit(1); r.run();",
    "java.util.function.IntConsumer leave = System::exit; leave.accept(1);",
    "new Thread(() -> { while (true); }).start();",
    "new Thread() { public void run() { } }.start();",
    "Thread.sleep(1000000);",
    "java.util.concurrent.TimeUnit.DAYS.sleep(1);",
    "synchronized (box) { box.wait(); }",
    "java.util.concurrent.Executors.newCachedThreadPool().submit(() -> 1);",
    "java.util.concurrent.CompletableFuture.runAsync(() -> { });",
    "new Timer().cancel();",
    "Arrays.asList(1, 2).parallelStream().forEach(x -> { });",
    'new java.io.FileWriter("gone.txt").close();',
    'new java.io.File("gone.txt").delete();',
    'new java.io.PrintStream("gone.txt").close();',
    'new Formatter("gone.txt").close();',
    'java.nio.file.Files.readAllBytes(java.nio.file.Paths.get("/etc/passwd"));',
    'new java.net.Socket("localhost", 1).close();',
    'new java.net.URL("http://localhost").openStream();',
    'Class.forName("java.lang.Runtime");',
    'Box.class.getDeclaredField("sum").setAccessible(true);',
    "getClass().getClassLoader();",
    "java.lang.invoke.MethodHandles.lookup();",
    'System.setProperty("a", "b");',
    "System.setOut(null);",
    "Locale.setDefault(Locale.ROOT);",
    "System.setSecurityManager(null);",
    "class Loading extends ClassLoader { } new Loading();",
    "java.util.logging.Logger.getGlobal();",
    'java.util.ServiceLoader.load(Runnable.class);',
    "new ProcessBuilder().start();",
    "org.junit.runner.JUnitCore.runClasses(Box.class);",
    "trident$.Steps.left = 1L << 60;",
]  # fmt: skip


def test_what_leaves_the_thread_or_the_memory_is_refused(workers: Workers) -> None:
    test = TEST.replace("adds() {", "adds() throws Exception {")
    assert verdicts(workers, box(RIGHT, *REFUSED, test=test)) == ["passes"] + ["refused"] * len(REFUSED)


def test_what_the_test_does_itself_its_answers_may_do_too(workers: Workers) -> None:
    test = TEST.replace("adds() {", "adds() throws Exception {\n        Thread.sleep(1);")
    assert verdicts(workers, box("Thread.sleep(2);", "Thread.yield();", test=test)) == ["passes", "refused"]


ENDLESS = [
    "while (box.sum() > 0);",
    "for (;;) { if (box == null) break; }",
    "do { } while (box != null);",
    "boolean on = true; while (on) try { while (on); } catch (Throwable t) { continue; } finally { if (on) continue; }",
    "try { while (box != null); } catch (Throwable t) { }",
    "assertThrows(Throwable.class, () -> { while (box != null); });",
    "Runnable r = () -> { while (true); }; r.run();",
    "class Never extends Error { public String toString() { while (true); } } if (box != null) throw new Never();",
    "class F { int f(int n) { return n < 2 ? n : f(n - 1) + f(n - 2); } } new F().f(90);",
    "Iterator<Integer> all = new Iterator<Integer>() { public boolean hasNext() { return true; }"
    " public Integer next() { return 1; } }; Iterable<Integer> more = () -> all; for (int one : more);",
    "String s = \"\"; while (s != null) s = s.isEmpty() ? \"a\" : \"\";",
]  # fmt: skip
NO_STEPS = [
    "java.util.stream.Stream.iterate(1, x -> x).count();",
    "new Random(1).ints().filter(x -> false).findFirst();",
]


def test_what_does_not_end_is_stopped(workers: Workers) -> None:
    assert verdicts(workers, box(RIGHT, *ENDLESS)) == ["passes"] + ["no end"] * len(ENDLESS)
    assert verdicts(workers, box(NO_STEPS[0], RIGHT, NO_STEPS[1], RIGHT)) == ["no end", "passes"] * 2


BOMBS = [
    "int[] much = new int[Integer.MAX_VALUE];",
    "long[][] much = new long[100000][100000];",
    "List<Object> much = new ArrayList<>(); while (box != null) much.add(new int[1000]);",
    'StringBuilder much = new StringBuilder("aaaaaaaa"); while (box != null) much.append(much);',
    "class Node { Node next; long[] load = new long[10000]; } Node last = null;"
    " while (box != null) { Node n = new Node(); n.next = last; last = n; }",
]  # fmt: skip


def test_what_takes_all_memory_is_stopped(workers: Workers) -> None:
    assert verdicts(workers, box(RIGHT, *BOMBS, RIGHT)) == ["passes"] + ["out of memory"] * len(BOMBS) + ["passes"]


def test_a_class_that_ends_the_jvm_is_told_from_its_answers(workers: Workers) -> None:
    mutants = (("return sum;", "leave(); return sum;"), SUM_MINUS)
    test = TEST.replace("        assertEquals(3, box.sum());\n", "")
    outcomes = run(workers, box("box.leave();", RIGHT, "", mutants=mutants, test=test))
    assert [one.verdict for one in outcomes] == ["refused", "passes", "passes"]
    assert [one.mutants for one in outcomes] == [(), ("no end", "killed"), ("survives", "survives")]


def test_a_jvm_that_ends_without_a_cause_is_an_error(found: jdk.Jdk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm, "_JVM", (*jvm._JVM, "-XX:+NoSuchFlag"))
    with Workers(found, 1) as broken, pytest.raises(jdk.JdkError, match=r"(?s)no answer is the cause.*NoSuchFlag"):
        run(broken, box(RIGHT))


def test_a_jvm_that_was_killed_from_outside_is_replaced(workers: Workers) -> None:
    assert verdicts(workers, box(RIGHT)) == ["passes"]
    for child in psutil.Process().children():
        child.kill()
    assert verdicts(workers, box(RIGHT)) == ["passes"]


def test_who_stops_reading_does_not_wait_for_the_rest(found: jdk.Jdk) -> None:
    left = psutil.Process().children()
    with Workers(found, 2) as started:
        outcomes = started.run(box(RIGHT) for _ in itertools.count())
        assert [one.verdict for one in next(outcomes)] == ["passes"]
    assert psutil.Process().children() == left


def test_a_fault_of_the_worker_is_no_verdict(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = jvm._encoded
    monkeypatch.setattr(jvm, "_encoded", lambda case, known: encoded(case, known)[:-4])
    with pytest.raises(jdk.JdkError, match=r"(?s)a fault of Worker.java, in the case of BoxTest.*EOFException"):
        run(workers, box(RIGHT))
    monkeypatch.undo()
    assert verdicts(workers, box(RIGHT)) == ["passes"]


def test_a_thread_that_stays_harms_nobody(workers: Workers) -> None:
    busy = "new Thread(() -> { while (true) { try { Thread.sleep(1); } catch (InterruptedException e) { } } }).start();"
    source = BOX.replace("made++;", f"made++; {busy}")
    assert verdicts(workers, replace(box(RIGHT, "assertEquals(4, box.sum());"), class_source=source)) == [
        "passes",
        "fails",
    ]
    assert verdicts(workers, box(RIGHT)) == ["passes"]


def deep(depth: int) -> dict[str, str]:
    return {
        "brackets": f"assertTrue({'(' * depth}true{')' * depth});",
        "blocks": "{" * depth + "}" * depth,
        "conditions": "if (box != null) " * depth + ";",
        "sum": f"assertEquals(0, 0{' + box.sum()' * depth});",
        "calls": f"box{'.add(0)' * depth};",
        "nots": f"assertTrue({'!' * 2 * depth}true);",
    }


LARGE = {
    "spaces": " " * 1_000_000,
    "lines": "\n" * 1_000_000,
    "comment": f"/*{'x' * 1_000_000}*/",
    "text": f'assertNotNull("{"x" * 1_000_000}");',
    "names": "x" * 1_000_000,
    "errors": "gone();" * 100_000,
    "braces": "}" * 1_000_000,
    "quotes": '"' * 1_000_000,
    "method": RIGHT * 10_000,
    "constants": "".join(f'assertNotNull("{number}");' for number in range(70_000)),
    "soup": "@ ) ? :: -> ;" * 80_000,
}


@pytest.mark.slow
def test_large_and_deep_texts(workers: Workers) -> None:
    fine = {**deep(50), "spaces": LARGE["spaces"], "comment": LARGE["comment"], "nots 3000": deep(3_000)["nots"]}
    found = verdicts(workers, box(*fine.values()))
    assert dict(zip(fine, found, strict=True)) == {**dict.fromkeys(fine, "passes"), "sum": "fails"}
    for name, answer in {**deep(100_000), **LARGE}.items():
        found = verdicts(workers, box(RIGHT, answer, RIGHT))
        assert found == ["passes", "passes" if name in fine and name in LARGE else "does not compile", "passes"], name


@pytest.mark.slow
def test_types_that_javac_takes_too_long_to_infer(found: jdk.Jdk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm, "_JAVAC", 1_500)
    nested = "org.hamcrest.CoreMatchers.is(" * 2_500 + "3" + ")" * 2_500
    answer = f"org.hamcrest.MatcherAssert.assertThat(box.sum(), {nested});"
    with Workers(found, 1) as hasty:
        assert verdicts(hasty, box(RIGHT, answer, RIGHT)) == ["passes", "does not compile", "passes"]


# -- ten thousand texts

FUZZED = TEST.replace("        assertEquals(3, box.sum());\n", "").replace("adds() {", "adds() throws Exception {")
WORDS = """assertEquals assertTrue assertThrows fail ( ) ( ) { } { } [ ] ; ; ; , . box box.sum() box.add(1) 3 0 1L 'a'
= == != < > <= >> + - * / % ! ? : :: -> @ @Test ... & | new Box() int long boolean Object String var final " "text"
static public void class interface enum record extends if else for while do switch case default break continue return
throw try catch finally synchronized assert null true false this super THREE x y i List <> <String> goto instanceof
import package // /* */ # ` $ \\ \\u007d \\u0022 \\u000a"""
TOKENS = [*WORDS.split(), '"' * 3, "\0", "\x1a", "\ud800", "\u20ac", "\t", "\r\n", "\n"]
REAL = [
    RIGHT,
    "assertTrue(box.sum() > 2);",
    'assertNotNull("a message", box);',
    "assertEquals(Arrays.asList(1, 2), new ArrayList<>(Arrays.asList(1, 2)));",
    "assertArrayEquals(new int[] {0, 0}, box.copies(2));",
    "assertThrows(NegativeArraySizeException.class, () -> box.copies(-1));",
    "for (int i = 0; i < 3; i++) {\n    assertEquals(0, box.countdown(i));\n}",
    "int before = box.sum();\nassertEquals(before, new Box().add(3).sum());",
]
AROUND = [
    "{}", "{{ {} }}", "if (box != null) {{ {} }}", "try {{ {} }} catch (Throwable t) {{ }}", "{} // end", "/* a */ {}",
    "for (int i = 0; i < 2; i++) {{ {} }}", "Runnable r = () -> {{ {} }}; r.run();",
    "try {{ {} }} finally {{ box.sum(); }}",
    "class Local {{ void go() {{ {} }} }} new Local().go();", "box.add(0); {}", "{} fail();", "label: {{ {} }}",
    "new Object() {{ {{ {} }} }};", "do {{ {} }} while (box == null);", "synchronized (box) {{ {} }}",
    "}} {{ {}", "}} {}",
]  # fmt: skip


def fuzzed(draw: random.Random) -> str:
    """A soup of tokens, a real assertion with some characters changed, or hostile text in some surroundings."""
    kind = draw.random()
    if kind < 0.3:
        return draw.choice(["", " "]).join(draw.choices(TOKENS, k=draw.randint(1, 25)))
    if kind < 0.7:
        text = draw.choice(REAL)
        for _ in range(draw.randint(0, 3)):
            at, length = draw.randrange(len(text) + 1), draw.choice([0, 0, 1, 1, 2, 9])
            piece = draw.choice(["", "", draw.choice(TOKENS), draw.choice(text or " "), chr(draw.randrange(0x3000))])
            text = text[:at] + piece + text[at + length :]
        return text
    pieces = NO_STEPS if kind > 0.999 else BOMBS if kind > 0.99 else draw.choice([REFUSED, ENDLESS, REAL])
    text = draw.choice(pieces)
    for _ in range(draw.randint(0, 2)):
        text = draw.choice(AROUND).format(text)
    return text


@pytest.mark.slow
def test_ten_thousand_texts_have_their_verdicts_and_harm_no_other(found: jdk.Jdk) -> None:
    draw = random.Random(13)
    cases = [
        box(
            RIGHT,
            *(fuzzed(draw) for _ in range(50)),
            "assertEquals(4, box.sum());",
            mutants=(SUM_MINUS, UPWARDS),
            test=FUZZED,
        )
        for _ in range(200)
    ]
    seen: Counter[str] = Counter()
    with Workers(found, 2) as started:
        for case, outcomes in zip(cases, started.run(cases), strict=True):
            assert len(outcomes) == len(case.answers)
            assert outcomes[0] == Outcome("passes", "", ("killed", "survives"))
            assert outcomes[-1].verdict == "fails"
            assert all(len(one.mutants) == 2 * (one.verdict == "passes") for one in outcomes)
            seen.update(one.verdict for one in outcomes)
            seen.update(f"a mutant {said}" for one in outcomes for said in one.mutants)
        sample = draw.sample(cases, 4)
        singly = [replace(case, answers=(answer,)) for case in sample for answer in case.answers]
        again = [outcome for [outcome] in started.run(singly)]
        assert again == [outcome for outcomes in started.run(sample) for outcome in outcomes]
    assert seen.keys() <= {*VERDICTS, *(f"a mutant {said}" for said in MUTANT_VERDICTS)}
    assert min(seen[verdict] for verdict in VERDICTS) >= 20, seen

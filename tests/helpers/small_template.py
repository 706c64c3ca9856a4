"""A template with few instances, one of whose assertions cannot be answered."""

from pathlib import Path

POOR = """\
// Holds a number.
//# n = integer(1, 3)
public class Box {
    public int get() {
        return $n$;
    }
}

class BoxTest {
    //@ focal get
    @Test
    public void gets() {
        int found = new Box().get();
        assertEquals($n$, found);
        assertTrue(found > 0);
    }

    //# secret = integer(1, 100)
    //@ focal get
    @Test
    public void cannotBeKnown() {
        Box box = new Box();
        assertNotEquals($secret$ + 10, box.get());
    }
}
"""


def write(folder: Path, source: str, file: str) -> None:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(source, encoding="utf-8")

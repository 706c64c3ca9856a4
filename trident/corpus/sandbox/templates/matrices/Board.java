// A board of characters for a game with marks, such as noughts and crosses.
//# Board = name("Board", "GameBoard", "CharGrid", "Playfield")
//# board = name("board", "grid", "field", "game")
//# mark = name("mark", "play", "put", "place")
//# isFree = name("isFree", "isEmptyAt", "isBlank")
//# count = name("count", "countOf", "howMany", "number")
public class $Board$ {
    private final char[][] cells;

    public $Board$(int size) {
        cells = new char[size][size];
        for (char[] row : cells) {
            Arrays.fill(row, '.');
        }
    }

    public boolean $isFree$(int row, int column) {
        return cells[row][column] == '.';
    }

    public void $mark$(int row, int column, char sign) {
        if (!$isFree$(row, column)) {
            throw new IllegalStateException("taken");
        }
        cells[row][column] = sign;
    }

    public char get(int row, int column) {
        return cells[row][column];
    }

    public int $count$(char sign) {
        int found = 0;
        for (char[] row : cells) {
            for (char c : row) {
                if (c == sign) {
                    found++;
                }
            }
        }
        return found;
    }

    public String rowText(int row) {
        return new String(cells[row]);
    }

    public boolean rowIsFull(int row) {
        return rowText(row).indexOf('.') < 0;
    }
}

class $Board$Test {
    //# size = integer(3, 8)
    //# r = integer(0, 2)
    //# c = integer(0, 2)
    //# sign = char(choice("XO#*+"))
    //@ focal $mark$
    @Test
    public void $mark$TakesTheCell() {
        $Board$ $board$ = new $Board$($size$);
        assertTrue($board$.$isFree$($r$, $c$));
        $board$.$mark$($r$, $c$, $sign$);
        assertEquals($sign$, $board$.get($r$, $c$));
    }

    //# size = integer(3, 8)
    //# r = integer(0, 2)
    //# c = integer(0, 2)
    //@ focal $mark$
    @Test
    public void aCellIsTakenOnce() {
        $Board$ $board$ = new $Board$($size$);
        $board$.$mark$($r$, $c$, 'X');
        assertThrows(IllegalStateException.class, () -> $board$.$mark$($r$, $c$, 'O'));
    }

    //# size = integer(2, 9)
    //# r = integer(0, 1)
    //@ focal $count$
    @Test
    public void $count$OfMarks() {
        $Board$ $board$ = new $Board$($size$);
        assertEquals(0, $board$.$count$('X'));
        $board$.$mark$($r$, 0, 'X');
        $board$.$mark$($r$, 1, 'X');
        assertEquals(2, $board$.$count$('X'));
    }

    //# size = integer(2, 7)
    //# c = integer(0, size - 1)
    //# mark_ = choice("XO#*+")
    //# sign = char(mark_)
    //# text = "." * c + mark_ + "." * (size - 1 - c)
    //@ focal rowText
    @Test
    public void testRowText() {
        $Board$ $board$ = new $Board$($size$);
        $board$.$mark$(0, $c$, $sign$);
        assertNotNull($board$.rowText(0));
        assertEquals($text$, $board$.rowText(0));
        assertThat($board$.rowText(1), not(containsString($mark_$)));
    }

    //# r = integer(0, 1)
    //# a = char(choice("XO#*+"))
    //# b = char(choice("XO#*+"))
    //@ focal rowIsFull
    @Test
    public void fullWhenBothAreMarked() {
        $Board$ $board$ = new $Board$(2);
        $board$.$mark$($r$, 0, $a$);
        assertFalse($board$.rowIsFull($r$));
        $board$.$mark$($r$, 1, $b$);
        assertTrue($board$.rowIsFull($r$));
    }
}

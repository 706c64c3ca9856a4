// A small matrix of whole numbers, with rows and columns counted from zero.
//# Matrix = name("Matrix", "Table", "Sheet", "NumberGrid")
//# matrix = name("m", "matrix", "table", "sheet")
//# transpose = name("transpose", "flip", "turned", "swapped")
//# row = name("row", "getRow", "line", "rowAt")
//# rowSum = name("rowSum", "sumOfRow", "total", "addUp")
public class $Matrix$ {
    private final int[][] cells;

    public $Matrix$(int[]... cells) {
        this.cells = cells;
    }

    public int get(int r, int c) {
        return cells[r][c];
    }

    public $Matrix$ set(int r, int c, int value) {
        cells[r][c] = value;
        return this;
    }

    public int[] $row$(int r) {
        return cells[r].clone();
    }

    public int $rowSum$(int r) {
        int sum = 0;
        for (int value : cells[r]) {
            sum += value;
        }
        return sum;
    }

    public int trace() {
        int sum = 0;
        for (int i = 0; i < cells.length; i++) {
            sum += cells[i][i];
        }
        return sum;
    }

    public $Matrix$ $transpose$() {
        int[][] result = new int[cells[0].length][cells.length];
        for (int r = 0; r < cells.length; r++) {
            for (int c = 0; c < cells[r].length; c++) {
                result[c][r] = cells[r][c];
            }
        }
        return new $Matrix$(result);
    }
}

class $Matrix$Test {
    //# top = integers(2, 0, 20)
    //# low = integers(2, 0, 20)
    //# expected = top[0] + low[1]
    //@ focal trace
    @Test
    public void traceAddsTheDiagonal() {
        $Matrix$ $matrix$ = new $Matrix$(new int[] {$top$}, new int[] {$low$});
        assertEquals($expected$, $matrix$.trace());
    }

    //# top = integers(2, 0, 30)
    //# low = integers(2, 0, 30)
    //# r = integer(0, 1)
    //# expected = [top, low][r]
    //@ focal $row$
    @Test
    public void $row$ReturnsACopy() {
        $Matrix$ $matrix$ = new $Matrix$(new int[] {$top$}, new int[] {$low$});
        assertArrayEquals(new int[] {$expected$}, $matrix$.$row$($r$));
        assertNotNull($matrix$.$row$($r$));
    }

    //# top = integers(3, 0, 15)
    //# expected = sum(top)
    //@ focal $rowSum$
    @Test
    public void testSumOfARow() {
        $Matrix$ $matrix$ = new $Matrix$(new int[] {$top$}, new int[3]);
        assertEquals($expected$, $matrix$.$rowSum$(0));
        assertEquals(0, $matrix$.$rowSum$(1));
    }

    //# a = integer(0, 30)
    //# b = integer(0, 30)
    //@ focal $transpose$
    @Test
    public void $transpose$SwapsRowsAndColumns() {
        $Matrix$ $matrix$ = new $Matrix$(new int[] {$a$, $b$});
        $Matrix$ result = $matrix$.$transpose$();
        assertNotNull(result);
        assertEquals($a$, result.get(0, 0));
        assertEquals($b$, result.get(1, 0));
    }

    //# r = integer(0, 2)
    //# c = integer(0, 2)
    //# value = integer(1, 60)
    //@ focal set
    @Test
    public void testSet() {
        $Matrix$ $matrix$ = new $Matrix$(new int[3][3]);
        assertSame($matrix$, $matrix$.set($r$, $c$, $value$));
        assertEquals($value$, $matrix$.get($r$, $c$));
    }
}

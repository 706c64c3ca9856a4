// A long row of numbers of which nearly all are zero, so that only the others are kept.
//# SparseRow = name("SparseRow", "SparseVector", "Weights", "Deltas")
//# row = name("row", "vector", "weights", "values")
//# setter = name("set", "put", "assign", "write")
//# getter = name("get", "at", "read", "valueAt")
//# filled = name("filled", "nonZero", "stored", "used")
public class $SparseRow$ {
    private final Map<Integer, Integer> cells = new TreeMap<>();

    public void $setter$(int index, int value) {
        if (value == 0) {
            cells.remove(index);
        } else {
            cells.put(index, value);
        }
    }

    public int $getter$(int index) {
        Integer value = cells.get(index);
        return value == null ? 0 : value;
    }

    public int $filled$() {
        return cells.size();
    }

    public boolean isZero() {
        return cells.isEmpty();
    }

    public int dot(int... other) {
        int sum = 0;
        for (int i = 0; i < other.length; i++) {
            sum += $getter$(i) * other[i];
        }
        return sum;
    }

    public List<Integer> indexes() {
        return new ArrayList<>(cells.keySet());
    }
}

class $SparseRow$Test {
    //# i = integer(0, 60)
    //# value = integer(1, 50)
    //# other = i + integer(1, 20)
    //@ focal $getter$
    @Test
    public void unsetCellsAreZero() {
        $SparseRow$ $row$ = new $SparseRow$();
        $row$.$setter$($i$, $value$);
        assertEquals($value$, $row$.$getter$($i$));
        assertEquals(0, $row$.$getter$($other$));
    }

    //# i = integer(0, 60)
    //# value = integer(1, 50)
    //# message = choice(["zero is not kept", "the cell is gone", "nothing stored"])
    //@ focal $setter$
    @Test
    public void zeroRemovesACell() {
        $SparseRow$ $row$ = new $SparseRow$();
        $row$.$setter$($i$, $value$);
        assertEquals("one number is kept", 1, $row$.$filled$());
        $row$.$setter$($i$, 0);
        assertTrue($message$, $row$.isZero());
    }

    //# p = distinct(2, 0, 40)
    //# high = max(p)
    //# low = min(p)
    //# x = integer(1, 9)
    //# y = integer(1, 9)
    //@ focal indexes
    @Test
    public void indexesAreSorted() {
        $SparseRow$ $row$ = new $SparseRow$();
        $row$.$setter$($high$, $x$);
        $row$.$setter$($low$, $y$);
        List<Integer> found = $row$.indexes();
        assertNotNull(found);
        assertEquals(Arrays.asList($low$, $high$), found);
    }

    //# a = integer(1, 9)
    //# p = integers(3, 0, 6)
    //# i = integer(0, 2)
    //# expected = a * p[i]
    //@ focal dot
    @Test
    public void dotUsesTheFilledCells() {
        $SparseRow$ $row$ = new $SparseRow$();
        assertEquals(0, $row$.dot($p$));
        $row$.$setter$($i$, $a$);
        assertEquals($expected$, $row$.dot($p$));
    }
}

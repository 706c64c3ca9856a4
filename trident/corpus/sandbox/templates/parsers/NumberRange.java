// A range of whole numbers written as text, "3-7", both ends included.
//# Range = name("Range", "Span", "Interval", "PageRange")
//# pages = name("range", "span", "pages")
//# parse = name("parse", "of", "read", "fromText")
//# span = name("size", "length", "count")
//# expand = name("expand", "toArray", "numbers")
//# Span = upper(span)
public class $Range$ {
    private final int low;
    private final int high;

    private $Range$(int low, int high) {
        this.low = low;
        this.high = high;
    }

    public static $Range$ $parse$(String text) {
        String[] ends = text.split("-");
        int low = Integer.parseInt(ends[0].trim());
        int high = Integer.parseInt(ends[ends.length - 1].trim());
        return new $Range$(low, high);
    }

    public int $span$() {
        return high - low + 1;
    }

    public boolean contains(int number) {
        return low <= number && number <= high;
    }

    public int[] $expand$() {
        int[] result = new int[high - low + 1];
        for (int i = 0; i < result.length; i++) {
            result[i] = low + i;
        }
        return result;
    }

    public int getLow() {
        return low;
    }

    public int getHigh() {
        return high;
    }
}

class $Range$Test {
    //# low = integer(1, 30)
    //# high = low + integer(1, 20)
    //# gap = choice(["", " "])
    //# text = f"{low}{gap}-{gap}{high}"
    //@ focal $parse$
    @Test
    public void $parse$ReadsBothEnds() {
        $Range$ $pages$ = $Range$.$parse$($text$);
        assertNotNull($pages$);
        assertEquals($low$, $pages$.getLow());
        assertEquals($high$, $pages$.getHigh());
    }

    //# n = integer(0, 60)
    //# text = f"{n}"
    //@ focal $parse$
    @Test
    public void aSingleNumberIsARange() {
        $Range$ $pages$ = $Range$.$parse$($text$);
        assertNotNull($pages$);
        assertEquals($n$, $pages$.getHigh());
        assertEquals(1, $pages$.$span$());
    }

    //# low = integer(1, 30)
    //# high = low + integer(1, 12)
    //# text = f"{low}-{high}"
    //# expected = high - low + 1
    //@ focal $span$
    @Test
    public void test$Span$() {
        $Range$ $pages$ = $Range$.$parse$($text$);
        assertEquals($expected$, $pages$.$span$());
    }

    //# low = integer(5, 20)
    //# high = low + integer(2, 12)
    //# one = integer(low - 4, high + 4)
    //# two = integer(low - 4, high + 4)
    //# first = code("assertTrue" if low <= one <= high else "assertFalse")
    //# second = code("assertTrue" if low <= two <= high else "assertFalse")
    //# text = f"{low}-{high}"
    //@ focal contains
    @Test
    public void containsOnlyWhatIsBetween() {
        $Range$ $pages$ = $Range$.$parse$($text$);
        $first$($pages$.contains($one$));
        $second$($pages$.contains($two$));
    }

    //# low = integer(1, 40)
    //# n = integer(2, 4)
    //# high = low + n - 1
    //# items = list(range(low, high + 1))
    //# text = f"{low}-{high}"
    //@ focal $expand$
    @Test
    public void listsEveryNumber() {
        int[] all = $Range$.$parse$($text$).$expand$();
        assertNotNull(all);
        assertArrayEquals(new int[] {$items$}, all);
    }
}

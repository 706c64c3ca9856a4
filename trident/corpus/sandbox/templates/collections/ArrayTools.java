// Static helpers over int arrays that never change their argument.
//# ArrayTools = name("ArrayTools", "IntArrays", "Arrs", "Vectors")
//# source = name("source", "input", "array", "in")
//# rotate = name("rotate", "shift", "turn")
//# running = name("running", "cumulate", "prefixSums", "runningTotals")
//# indexOf = name("indexOf", "find", "positionOf", "locate")
public class $ArrayTools$ {
    public static int[] $rotate$(int[] $source$, int steps) {
        int[] result = new int[$source$.length];
        for (int i = 0; i < $source$.length; i++) {
            result[(i + steps) % $source$.length] = $source$[i];
        }
        return result;
    }

    public static int[] $running$(int[] $source$) {
        int[] result = $source$.clone();
        for (int i = 1; i < result.length; i++) {
            result[i] += result[i - 1];
        }
        return result;
    }

    public static int $indexOf$(int[] $source$, int wanted) {
        for (int i = 0; i < $source$.length; i++) {
            if ($source$[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    public static int[] interleave(int[] left, int[] right) {
        int[] result = new int[left.length + right.length];
        for (int i = 0; i < left.length; i++) {
            result[2 * i] = left[i];
            result[2 * i + 1] = right[i];
        }
        return result;
    }

    public static int[] copy(int[] $source$) {
        return Arrays.copyOf($source$, $source$.length);
    }
}

class $ArrayTools$Test {
    //# items = distinct(3, 0, 30)
    //# steps = integer(1, 2)
    //# turned = items[-steps:] + items[:-steps]
    //@ focal $rotate$
    @Test
    public void $rotate$ToTheRight() {
        int[] $source$ = {$items$};
        int[] result = $ArrayTools$.$rotate$($source$, $steps$);
        assertNotNull(result);
        assertArrayEquals(new int[] {$turned$}, result);
    }

    //# items = integers(3, 0, 20)
    //# total = sum(items)
    //# firstTwo = items[0] + items[1]
    //@ focal $running$
    @Test
    public void $running$AddsUp() {
        int[] result = $ArrayTools$.$running$(new int[] {$items$});
        assertEquals(3, result.length);
        assertEquals($firstTwo$, result[1]);
        assertEquals($total$, result[2]);
    }

    //# items = distinct(4, 0, 30)
    //# index = integer(0, 3)
    //# wanted = items[index]
    //# absent = integer(31, 60)
    //@ focal $indexOf$
    @Test
    public void $indexOf$PresentAndAbsent() {
        int[] $source$ = {$items$};
        assertEquals($index$, $ArrayTools$.$indexOf$($source$, $wanted$));
        assertEquals("absent", -1, $ArrayTools$.$indexOf$($source$, $absent$));
    }

    //# a, b, c, d = integers(4, 0, 20)
    //@ focal interleave
    @Test
    public void interleavesTwoArrays() {
        int[] left = {$a$, $b$};
        int[] right = {$c$, $d$};
        assertArrayEquals(new int[] {$a$, $c$, $b$, $d$}, $ArrayTools$.interleave(left, right));
    }

    //# items = integers(3, 0, 50)
    //# original = name("original", "before", "given")
    //@ focal copy
    @Test
    public void copyIsEqualButNotTheSame() {
        int[] $original$ = {$items$};
        int[] copied = $ArrayTools$.copy($original$);
        assertNotSame($original$, copied);
        assertArrayEquals($original$, copied);
    }
}

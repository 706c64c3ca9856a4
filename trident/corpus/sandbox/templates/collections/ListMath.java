// Small static helpers over lists of whole numbers.
//# ListMath = name("ListMath", "Lists", "NumberLists", "ListTools")
//# numbers = name("numbers", "list", "values", "xs")
//# span = name("span", "range", "spread")
//# addUp = name("addUp", "sum", "totalOf")
public class $ListMath$ {
    public static int $addUp$(List<Integer> $numbers$) {
        int result = 0;
        for (int each : $numbers$) {
            result += each;
        }
        return result;
    }

    public static int $span$(List<Integer> $numbers$) {
        return Collections.max($numbers$) - Collections.min($numbers$);
    }

    public static Integer lastOrNull(List<Integer> $numbers$) {
        return $numbers$.isEmpty() ? null : $numbers$.get($numbers$.size() - 1);
    }

    public static List<Integer> positives(List<Integer> $numbers$) {
        return $numbers$.stream().filter(n -> n > 0).collect(Collectors.toList());
    }

    public static boolean isAscending(List<Integer> $numbers$) {
        for (int i = 1; i < $numbers$.size(); i++) {
            if ($numbers$.get(i - 1) > $numbers$.get(i)) {
                return false;
            }
        }
        return true;
    }

    public static double average(List<Integer> $numbers$) {
        if ($numbers$.isEmpty()) {
            return 0;
        }
        return (double) $addUp$($numbers$) / $numbers$.size();
    }
}

class $ListMath$Test {
    //# items = integers(3, 1, 20)
    //# result = sum(items)
    //@ focal $addUp$
    @Test
    public void $addUp$Everything() {
        List<Integer> $numbers$ = Arrays.asList($items$);
        assertEquals($result$, $ListMath$.$addUp$($numbers$));
        assertEquals(0, $ListMath$.$addUp$(new ArrayList<>()));
    }

    //# items = distinct(3, 0, 40)
    //# width = max(items) - min(items)
    //@ focal $span$
    @Test
    public void $span$FromLeastToGreatest() {
        assertEquals($width$, $ListMath$.$span$(Arrays.asList($items$)));
    }

    //# items = distinct(4, 0, 99)
    //# final_ = items[-1]
    //@ focal lastOrNull
    @Test
    public void lastElement() {
        Integer last = $ListMath$.lastOrNull(Arrays.asList($items$));
        assertNotNull(last);
        assertEquals($final_$, (int) last);
        assertNull($ListMath$.lastOrNull(new ArrayList<>()));
    }

    //# items = integers(4, -20, 20)
    //# kept = [n for n in items if n > 0]
    //# size = len(kept)
    //# negative = integer(-30, -1)
    //@ focal positives
    @Test
    public void positivesOnly() {
        List<Integer> $numbers$ = Arrays.asList($items$, $negative$);
        List<Integer> kept = $ListMath$.positives($numbers$);
        assertNotNull(kept);
        assertEquals("positive numbers", $size$, kept.size());
        assertFalse(kept.contains($negative$));
    }

    //# items = distinct(3, 0, 50)
    //# up = sorted(items)
    //# down = list(reversed(up))
    //@ focal isAscending
    @Test
    public void tellsOrderFromDisorder() {
        assertTrue("in order", $ListMath$.isAscending(Arrays.asList($up$)));
        assertFalse("out of order", $ListMath$.isAscending(Arrays.asList($down$)));
    }

    //# a, b = integers(2, 0, 20)
    //# mean = (a + b) / 2
    //@ focal average
    @Test
    public void averageOfTwo() {
        List<Integer> $numbers$ = Arrays.asList($a$, $b$);
        assertEquals($mean$, $ListMath$.average($numbers$), 0.001);
    }
}

// Cuts lists of words into pieces: chunks, heads, tails and windows.
//# Chunks = name("Chunks", "Slicer", "Splitter", "Portions")
//# chunk = name("chunk", "split", "partition", "cut")
//# takeFirst = name("takeFirst", "head", "firstOnes", "take")
//# whole = name("list", "items", "source")
public class $Chunks$ {
    public static <T> List<List<T>> $chunk$(List<T> $whole$, int size) {
        List<List<T>> result = new ArrayList<>();
        for (int from = 0; from < $whole$.size(); from += size) {
            int to = Math.min(from + size, $whole$.size());
            result.add($whole$.subList(from, to));
        }
        return result;
    }

    public static <T> List<T> $takeFirst$(List<T> $whole$, int n) {
        return $whole$.subList(0, Math.min(n, $whole$.size()));
    }

    public static int chunksNeeded(int amount, int size) {
        if (size <= 0) {
            throw new IllegalArgumentException("size must be positive");
        }
        return amount / size + (amount % size == 0 ? 0 : 1);
    }

    public static <T> List<T> everySecond(List<T> $whole$) {
        List<T> result = new ArrayList<>();
        for (int i = 0; i < $whole$.size(); i += 2) {
            result.add($whole$.get(i));
        }
        return result;
    }
}

class $Chunks$Test {
    //# letters = words(5)
    //# size = integer(2, 4)
    //# pieces = (5 + size - 1) // size
    //@ focal $chunk$
    @Test
    public void cutsIntoPieces() {
        List<String> all = Arrays.asList($letters$);
        List<List<String>> parts = $Chunks$.$chunk$(all, $size$);
        assertEquals($pieces$, parts.size());
        assertEquals($size$, parts.get(0).size());
    }

    //# items = integers(4, 0, 50)
    //# n = integer(1, 9)
    //# kept = min(n, 4)
    //@ focal $takeFirst$
    @Test
    public void takesAtMostWhatIsThere() {
        List<Integer> front = $Chunks$.$takeFirst$(Arrays.asList($items$), $n$);
        assertNotNull(front);
        assertTrue(front.size() <= $n$);
        assertEquals($kept$, front.size());
    }

    //# size = integer(2, 9)
    //# times = integer(1, 9)
    //# rest = integer(0, size - 1)
    //# amount = size * times + rest
    //# needed = times + (1 if rest else 0)
    //@ focal chunksNeeded
    @Test
    public void needsOneMoreForARest() {
        assertEquals($needed$, $Chunks$.chunksNeeded($amount$, $size$));
    }

    //# amount = integer(1, 50)
    //# size = integer(-9, 0)
    //@ focal chunksNeeded
    @Test
    public void refusesANonPositiveSize() {
        assertThrows(IllegalArgumentException.class, () -> $Chunks$.chunksNeeded($amount$, $size$));
    }

    //# a, b, c, d = words(4)
    //@ focal everySecond
    @Test
    public void skipsEveryOther() {
        List<String> result = $Chunks$.everySecond(Arrays.asList($a$, $b$, $c$, $d$));
        assertEquals(Arrays.asList($a$, $c$), result);
        assertThat(result, not(hasItem($b$)));
    }
}

// A set of numbers kept in ascending order, found by binary search.
//# Sorted = name("SortedNumbers", "OrderedSet", "Ladder", "Ranking")
//# sorted_ = name("sorted", "numbers", "set")
//# entries = name("entries", "steps", "list")
//# insert = name("insert", "add", "include", "enter")
public class $Sorted$ {
    private final List<Integer> $entries$ = new ArrayList<>();

    /** Returns false when the number was there already. */
    public boolean $insert$(int number) {
        int index = Collections.binarySearch($entries$, number);
        if (index >= 0) {
            return false;
        }
        $entries$.add(-index - 1, number);
        return true;
    }

    public int lowest() {
        return $entries$.get(0);
    }

    public int highest() {
        return $entries$.get($entries$.size() - 1);
    }

    public int gap() {
        return highest() - lowest();
    }

    /** The greatest number not above the limit, or null. */
    public Integer floor(int limit) {
        Integer best = null;
        for (int number : $entries$) {
            if (number <= limit) {
                best = number;
            }
        }
        return best;
    }

    public int countBelow(int limit) {
        return (int) $entries$.stream().filter(n -> n < limit).count();
    }

    public $Sorted$ with(int... numbers) {
        for (int number : numbers) {
            $insert$(number);
        }
        return this;
    }
}

class $Sorted$Test {
    //# number = integer(0, 80)
    //@ focal $insert$
    @Test
    public void $insert$RejectsDuplicates() {
        $Sorted$ $sorted_$ = new $Sorted$();
        assertTrue($sorted_$.$insert$($number$));
        assertFalse($sorted_$.$insert$($number$));
    }

    //# numbers = distinct(3, 1, 60)
    //# smallest = min(numbers)
    //# largest = max(numbers)
    //@ focal $insert$
    @Test
    public void keepsTheNumbersInOrder() {
        $Sorted$ $sorted_$ = new $Sorted$();
        for (int number : new int[] {$numbers$}) {
            assertTrue($sorted_$.$insert$(number));
        }
        assertEquals($smallest$, $sorted_$.lowest());
        assertEquals($largest$, $sorted_$.highest());
    }

    //# number = integer(0, 80)
    //# Failure = name("IndexOutOfBoundsException", "RuntimeException", "Exception")
    //@ focal lowest
    @Test
    public void lowestNeedsANumber() {
        $Sorted$ $sorted_$ = new $Sorted$();
        assertThrows($Failure$.class, () -> $sorted_$.lowest());
        $sorted_$.$insert$($number$);
        assertEquals($number$, $sorted_$.lowest());
    }

    //# a, b = distinct(2, 0, 50)
    //# difference = abs(a - b)
    //@ focal gap
    @Test
    public void gapBetweenTheEnds() {
        $Sorted$ $sorted_$ = new $Sorted$();
        $sorted_$.$insert$($a$);
        $sorted_$.$insert$($b$);
        assertEquals($difference$, $sorted_$.gap());
    }

    //# a, b, c = sorted(distinct(3, 10, 60))
    //# below = integer(0, 9)
    //# limit = integer(b, c - 1)
    //@ focal floor
    @Test
    public void floorOfALimit() {
        $Sorted$ $sorted_$ = new $Sorted$().with($a$, $b$, $c$);
        assertNotNull($sorted_$.floor($limit$));
        assertEquals($b$, (int) $sorted_$.floor($limit$));
        assertNull($sorted_$.floor($below$));
    }

    //# numbers = distinct(4, 1, 40)
    //# limit = integer(5, 40)
    //# fewer = len([n for n in numbers if n < limit])
    //@ focal countBelow
    @Test
    public void countsTheNumbersBelow() {
        $Sorted$ $sorted_$ = new $Sorted$().with($numbers$);
        assertEquals($fewer$, $sorted_$.countBelow($limit$));
    }
}

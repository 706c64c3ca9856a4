// Remembers the highest number that was offered to it, and how often it was beaten.
//# RunningMax = name("RunningMax", "HighScore", "BestSoFar", "PeakMeter")
//# best = name("best", "champion", "score", "peak")
//# offer = name("offer", "submit", "report", "check")
//# getter = name("get", "highest", "value", "getBest")
//# reset = name("reset", "forget", "restart")
public class $RunningMax$ {
    private Integer highest;
    private int changes;

    public boolean $offer$(int number) {
        if (highest != null && number <= highest) {
            return false;
        }
        highest = number;
        changes++;
        return true;
    }

    public Integer $getter$() {
        return highest;
    }

    public int changes() {
        return changes;
    }

    public int missing(int goal) {
        return highest == null ? goal : Math.max(0, goal - highest);
    }

    public Integer $reset$() {
        Integer old = highest;
        highest = null;
        changes = 0;
        return old;
    }
}

class $RunningMax$Test {
    //# a = integer(0, 30)
    //# b = a + integer(1, 20)
    //# c = b - integer(0, 9)
    //@ focal $offer$
    @Test
    public void $offer$AcceptsOnlyMore() {
        $RunningMax$ $best$ = new $RunningMax$();
        assertTrue($best$.$offer$($a$));
        assertTrue($best$.$offer$($b$));
        assertFalse($best$.$offer$($c$));
        assertEquals("beaten twice", 2, $best$.changes());
    }

    //# a = integer(0, 50)
    //# message = choice(["nothing offered yet", "no number so far", "starts empty"])
    //@ focal $getter$
    @Test
    public void nothingAtTheBeginning() {
        $RunningMax$ $best$ = new $RunningMax$();
        assertNull($message$, $best$.$getter$());
        $best$.$offer$($a$);
        assertNotNull($best$.$getter$());
        assertEquals($a$, $best$.$getter$().intValue());
    }

    //# a = integer(0, 30)
    //# need = integer(1, 20)
    //# goal = a + need
    //@ focal missing
    @Test
    public void missingUntilTheGoal() {
        $RunningMax$ $best$ = new $RunningMax$();
        assertEquals($goal$, $best$.missing($goal$));
        $best$.$offer$($a$);
        assertEquals($need$, $best$.missing($goal$));
    }

    //# a = integer(0, 60)
    //@ focal $reset$
    @Test
    public void $reset$ReturnsTheOldOne() {
        $RunningMax$ $best$ = new $RunningMax$();
        $best$.$offer$($a$);
        assertEquals(Integer.valueOf($a$), $best$.$reset$());
        assertNull($best$.$getter$());
        assertEquals(0, $best$.changes());
    }
}

// A stopwatch that is told the time in ticks, so that it needs no real clock.
//# Stopwatch = name("Stopwatch", "TickTimer", "Chrono", "LapTimer")
//# watch = name("watch", "timer", "chrono", "clock")
//# begin = name("start", "begin", "launch")
//# stop = name("stop", "end", "halt", "finish")
//# lap = name("lap", "split", "mark")
public class $Stopwatch$ {
    private long begun = -1;
    private final List<Long> laps = new ArrayList<>();

    public $Stopwatch$ $begin$(long tick) {
        begun = tick;
        return this;
    }

    public boolean isRunning() {
        return begun >= 0;
    }

    public long $stop$(long tick) {
        if (begun < 0) {
            throw new IllegalStateException("not running");
        }
        long ticks = tick - begun;
        begun = -1;
        return ticks;
    }

    public int $lap$(long tick) {
        laps.add(tick - begun);
        return laps.size();
    }

    public Long lastLap() {
        return laps.isEmpty() ? null : laps.get(laps.size() - 1);
    }
}

class $Stopwatch$Test {
    //# a = integer(0, 30)
    //# d = integer(1, 30)
    //# b = a + d
    //# expected = long(d)
    //@ focal $stop$
    @Test
    public void $stop$ReturnsTheTicks() {
        $Stopwatch$ $watch$ = new $Stopwatch$();
        $watch$.$begin$($a$);
        assertEquals($expected$, $watch$.$stop$($b$));
    }

    //# a = integer(0, 30)
    //# b = a + integer(0, 20)
    //@ focal $stop$
    @Test
    public void runsUntilItIsStopped() {
        $Stopwatch$ $watch$ = new $Stopwatch$();
        $watch$.$begin$($a$);
        assertTrue($watch$.isRunning());
        $watch$.$stop$($b$);
        assertFalse($watch$.isRunning());
    }

    //# b = integer(0, 50)
    //@ focal $stop$
    @Test
    public void $stop$NeedsAStart() {
        $Stopwatch$ $watch$ = new $Stopwatch$();
        assertThrows(IllegalStateException.class, () -> $watch$.$stop$($b$));
    }

    //# a = integer(0, 40)
    //@ focal $begin$
    @Test
    public void $begin$CanBeChained() {
        $Stopwatch$ $watch$ = new $Stopwatch$();
        assertSame($watch$, $watch$.$begin$($a$));
        assertTrue($watch$.isRunning());
    }

    //# a = integer(0, 20)
    //# d = integer(1, 9)
    //# e = d + integer(1, 9)
    //# b = a + d
    //# c = a + e
    //# last = long(e)
    //@ focal $lap$
    @Test
    public void lapsAreCounted() {
        $Stopwatch$ $watch$ = new $Stopwatch$().$begin$($a$);
        assertNull($watch$.lastLap());
        assertEquals(1, $watch$.$lap$($b$));
        assertEquals(2, $watch$.$lap$($c$));
        assertEquals($last$, $watch$.lastLap().longValue());
    }
}

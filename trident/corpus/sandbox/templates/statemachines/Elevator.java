// An elevator between the ground floor and a top floor; it reports how far it travels.
//# Elevator = name("Elevator", "Lift", "Cabin", "Hoist")
//# lift = name("lift", "cabin", "elevator", "car")
//# goTo = name("goTo", "call", "moveTo", "ride")
//# up = name("up", "climb", "rise")
//# floor = name("floor", "level", "position")
//# Up = upper(up)
public class $Elevator$ {
    private final int top;
    private int $floor$;
    private int travelled;

    public $Elevator$(int top) {
        this.top = top;
    }

    public int $goTo$(int target) {
        int distance = Math.abs(target - $floor$);
        $floor$ = target;
        travelled += distance;
        return distance;
    }

    public int $up$(int floors) {
        $floor$ = Math.min(top, $floor$ + floors);
        return $floor$;
    }

    public boolean isAtTop() {
        return $floor$ == top;
    }

    public int travelled() {
        return travelled;
    }

    public int $floor$() {
        return $floor$;
    }
}

class $Elevator$Test {
    //# a = integer(1, 20)
    //# b = integer(1, 20)
    //# distance = abs(b - a)
    //@ focal $goTo$
    @Test
    public void $goTo$ReturnsTheDistance() {
        $Elevator$ $lift$ = new $Elevator$(20);
        $lift$.$goTo$($a$);
        assertEquals($distance$, $lift$.$goTo$($b$));
        assertEquals($b$, $lift$.$floor$());
    }

    //# a = integer(1, 15)
    //# total = a + a
    //@ focal $goTo$
    @Test
    public void thereAndBack() {
        $Elevator$ $lift$ = new $Elevator$(15);
        $lift$.$goTo$($a$);
        $lift$.$goTo$(0);
        assertEquals("both ways count", $total$, $lift$.travelled());
        assertEquals(0, $lift$.$floor$());
    }

    //# top = integer(20, 40)
    //# a = integer(1, 10)
    //# b = integer(1, 9)
    //# reached = a + b
    //@ focal $up$
    @Test
    public void test$Up$Twice() {
        $Elevator$ $lift$ = new $Elevator$($top$);
        $lift$.$up$($a$);
        assertEquals($reached$, $lift$.$up$($b$));
    }

    //# top = integer(3, 30)
    //# floors = top + integer(1, 9)
    //@ focal $up$
    @Test
    public void $up$StopsAtTheTop() {
        $Elevator$ $lift$ = new $Elevator$($top$);
        assertEquals($top$, $lift$.$up$($floors$));
        assertTrue($lift$.isAtTop());
    }
}

// A traffic light that goes round three colours, each shown for a number of seconds.
//# TrafficLight = name("TrafficLight", "Signal", "Semaphore", "StreetLight")
//# light = lower(TrafficLight)
//# next = name("next", "change", "advance", "step")
//# left = name("secondsLeft", "remaining", "timeLeft")
public class $TrafficLight$ {
    public enum Colour { RED, GREEN, YELLOW }

    private Colour colour;
    private final int seconds;

    public $TrafficLight$(Colour colour, int seconds) {
        this.colour = colour;
        this.seconds = seconds;
    }

    public Colour $next$() {
        switch (colour) {
            case RED:
                colour = Colour.GREEN;
                break;
            case GREEN:
                colour = Colour.YELLOW;
                break;
            default:
                colour = Colour.RED;
        }
        return colour;
    }

    public int $left$(int elapsed) {
        return elapsed >= seconds ? 0 : seconds - elapsed;
    }

    public boolean mayCross() {
        return colour == Colour.RED;
    }

    public Colour getColour() {
        return colour;
    }
}

class $TrafficLight$Test {
    //# i = integer(0, 2)
    //# start = code(["RED", "GREEN", "YELLOW"][i])
    //# after = code(["GREEN", "YELLOW", "RED"][i])
    //# seconds = integer(5, 30)
    //@ focal $next$
    @Test
    public void $next$GoesToTheFollowingColour() {
        $TrafficLight$ $light$ = new $TrafficLight$($TrafficLight$.Colour.$start$, $seconds$);
        $TrafficLight$.Colour colour = $light$.$next$();
        assertNotNull(colour);
        assertEquals($TrafficLight$.Colour.$after$, colour);
        assertSame(colour, $light$.getColour());
    }

    //# i = integer(0, 2)
    //# start = code(["RED", "GREEN", "YELLOW"][i])
    //# seconds = integer(5, 30)
    //@ focal $next$
    @Test
    public void threeStepsMakeARound() {
        $TrafficLight$.Colour start = $TrafficLight$.Colour.$start$;
        $TrafficLight$ $light$ = new $TrafficLight$(start, $seconds$);
        assertNotEquals(start, $light$.$next$());
        $light$.$next$();
        assertEquals(start, $light$.$next$());
    }

    //# seconds = integer(20, 50)
    //# elapsed = integer(1, 19)
    //# remaining = seconds - elapsed
    //@ focal $left$
    @Test
    public void $left$CountsDown() {
        $TrafficLight$ $light$ = new $TrafficLight$($TrafficLight$.Colour.RED, $seconds$);
        assertEquals($remaining$, $light$.$left$($elapsed$));
    }

    //# seconds = integer(5, 25)
    //# late = seconds + integer(0, 10)
    //@ focal $left$
    @Test
    public void $left$IsNeverNegative() {
        $TrafficLight$ $light$ = new $TrafficLight$($TrafficLight$.Colour.GREEN, $seconds$);
        assertEquals(0, $light$.$left$($late$));
    }

    //# i = choice([0, 0, 1, 2])
    //# colour = code(["RED", "GREEN", "YELLOW"][i])
    //# verdict = code("assertTrue" if i == 0 else "assertFalse")
    //# seconds = integer(5, 30)
    //@ focal mayCross
    @Test
    public void peopleCrossOnRed() {
        $TrafficLight$ $light$ = new $TrafficLight$($TrafficLight$.Colour.$colour$, $seconds$);
        $verdict$($light$.mayCross());
        assertNotNull($light$.getColour());
    }
}

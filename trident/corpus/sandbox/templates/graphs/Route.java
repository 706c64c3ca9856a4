// A route through places, with the length of each leg.
//# Route = name("Route", "Path", "Trip", "Journey")
//# route = lower(Route)
//# go = name("go", "addLeg", "continueTo", "drive")
//# length = name("length", "distance", "total")
//# end = name("end", "goal", "destination", "last")
//# Go = upper(go)
public class $Route$ {
    private final List<String> places = new ArrayList<>();
    private final List<Integer> legs = new ArrayList<>();

    public $Route$(String start) {
        places.add(start);
    }

    public $Route$ $go$(String place, int distance) {
        places.add(place);
        legs.add(distance);
        return this;
    }

    public int $length$() {
        int sum = 0;
        for (int leg : legs) {
            sum += leg;
        }
        return sum;
    }

    public String $end$() {
        return places.get(places.size() - 1);
    }

    public List<String> backwards() {
        List<String> copy = new ArrayList<>(places);
        Collections.reverse(copy);
        return copy;
    }

    public double averageLeg() {
        return legs.isEmpty() ? 0 : (double) $length$() / legs.size();
    }
}

class $Route$Test {
    //# a = integer(1, 40)
    //# b = integer(1, 40)
    //# total = a + b
    //@ focal $length$
    @Test
    public void $length$IsTheSumOfTheLegs() {
        $Route$ $route$ = new $Route$("home").$go$("mill", $a$).$go$("lake", $b$);
        assertEquals($total$, $route$.$length$());
        assertTrue($route$.$length$() > $a$);
    }

    //# ws = words(2)
    //# a = ws[0]
    //# b = ws[1]
    //# n = integer(1, 30)
    //@ focal $end$
    @Test
    public void $end$MovesOn() {
        $Route$ $route$ = new $Route$($a$);
        assertEquals($a$, $route$.$end$());
        $route$.$go$($b$, $n$);
        assertNotNull($route$.$end$());
        assertEquals($b$, $route$.$end$());
    }

    //# ws = words(3)
    //# a = ws[0]
    //# b = ws[1]
    //# c = ws[2]
    //# back = [c, b, a]
    //@ focal backwards
    @Test
    public void theWayBack() {
        $Route$ $route$ = new $Route$($a$).$go$($b$, 1).$go$($c$, 2);
        assertEquals(Arrays.asList($back$), $route$.backwards());
        assertThat($route$.$end$(), is(not($a$)));
    }

    //# place = word()
    //# n = integer(1, 30)
    //@ focal $go$
    @Test
    public void test$Go$CanBeChained() {
        $Route$ $route$ = new $Route$("gate");
        assertSame($route$, $route$.$go$($place$, $n$));
        assertEquals($n$, $route$.$length$());
        assertEquals($place$, $route$.$end$());
    }

    //# a = integer(1, 30)
    //# b = integer(1, 30)
    //# average = (a + b) / 2
    //@ focal averageLeg
    @Test
    public void averageOfTwoLegs() {
        $Route$ $route$ = new $Route$("gate").$go$("mill", $a$).$go$("lake", $b$);
        assertEquals($average$, $route$.averageLeg(), 0.001);
    }
}

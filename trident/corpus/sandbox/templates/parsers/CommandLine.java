// A command typed by a player, "move 3": a verb and perhaps an amount.
//# Command = name("Command", "Instruction", "Order", "Action")
//# command = lower(Command)
//# parse = name("parse", "of", "read", "understand")
//# times = name("amount", "times", "steps")
public class $Command$ {
    private final String verb;
    private final int $times$;

    private $Command$(String verb, int $times$) {
        this.verb = verb;
        this.$times$ = $times$;
    }

    public static $Command$ $parse$(String line) {
        String[] parts = line.trim().split(" ");
        if (parts.length == 1) {
            return new $Command$(parts[0], 1);
        }
        return new $Command$(parts[0], Integer.parseInt(parts[1]));
    }

    public $Command$ twice() {
        return new $Command$(verb, $times$ * 2);
    }

    public boolean sameVerb($Command$ other) {
        return verb.equals(other.verb);
    }

    public String verb() {
        return verb;
    }

    public int $times$() {
        return $times$;
    }
}

class $Command$Test {
    //# w = choice(["move", "turn", "dig", "jump", "walk", "push"])
    //# n = integer(2, 60)
    //# line = f"{w} {n}"
    //@ focal $parse$
    @Test
    public void $parse$FindsVerbAndNumber() {
        $Command$ $command$ = $Command$.$parse$($line$);
        assertEquals($w$, $command$.verb());
        assertEquals($n$, $command$.$times$());
    }

    //# w = choice(["look", "wait", "rest", "help", "stop", "sing"])
    //# line = choice([w, w + " ", " " + w])
    //@ focal $parse$
    @Test
    public void withoutANumberItIsOnce() {
        $Command$ $command$ = $Command$.$parse$($line$);
        assertNotNull($command$);
        assertEquals("once if not told otherwise", 1, $command$.$times$());
        assertThat($command$.verb(), is($w$));
    }

    //# w = choice(["move", "turn", "dig", "jump", "walk"])
    //# n = integer(2, 40)
    //# double = n * 2
    //# line = f"{w} {n}"
    //@ focal twice
    @Test
    public void twiceDoublesTheNumber() {
        $Command$ $command$ = $Command$.$parse$($line$);
        $Command$ result = $command$.twice();
        assertNotNull(result);
        assertNotSame($command$, result);
        assertEquals($double$, result.$times$());
    }

    //# ws = sample(["move", "turn", "dig", "jump", "walk"], 2)
    //# n = integer(2, 40)
    //# one = f"{ws[0]} {n}"
    //# asked = choice(ws)
    //# two = choice([asked, f"{asked} {n}"])
    //# verdict = code("assertTrue" if asked == ws[0] else "assertFalse")
    //@ focal sameVerb
    @Test
    public void comparesVerbsOnly() {
        $Command$ $command$ = $Command$.$parse$($one$);
        $verdict$($command$.sameVerb($Command$.$parse$($two$)));
        assertTrue($command$.sameVerb($command$));
    }
}

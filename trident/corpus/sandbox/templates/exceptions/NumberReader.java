// Reads numbers from text that may be anything, and keeps the last mistake.
//# NumberReader = name("NumberReader", "SafeParser", "IntInput", "Lenient")
//# reader = name("reader", "parser", "in")
//# read = name("read", "parseOr", "toInt", "number")
//# share = name("split", "divide", "share")
//# problem = name("lastProblem", "failure", "lastError")
//# Share = upper(share)
public class $NumberReader$ {
    private Exception $problem$;
    private int calls;

    public int $read$(String text, int fallback) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            $problem$ = e;
            return fallback;
        }
    }

    public int $share$(int number, int people) {
        try {
            return number / people;
        } catch (ArithmeticException e) {
            $problem$ = e;
            return 0;
        } finally {
            calls++;
        }
    }

    public int calls() {
        return calls;
    }

    public Exception $problem$() {
        return $problem$;
    }
}

class $NumberReader$Test {
    //# n = integer(0, 99)
    //# text = str(n)
    //# fallback = integer(-3, 3)
    //@ focal $read$
    @Test
    public void goodNumbersAreRead() {
        $NumberReader$ $reader$ = new $NumberReader$();
        assertEquals($n$, $reader$.$read$($text$, $fallback$));
        assertNull($reader$.$problem$());
    }

    //# w = choice(["ten", "x1", "", "3.5", "two", "1,5", "--"])
    //# fallback = integer(-9, 40)
    //@ focal $read$
    @Test
    public void anythingElseGivesTheFallback() {
        $NumberReader$ $reader$ = new $NumberReader$();
        assertEquals($fallback$, $reader$.$read$($w$, $fallback$));
        assertNotNull($reader$.$problem$());
    }

    //# b = integer(2, 6)
    //# a = integer(2, 50)
    //# result = jdiv(a, b)
    //@ focal $share$
    @Test
    public void test$Share$() {
        $NumberReader$ $reader$ = new $NumberReader$();
        assertEquals($result$, $reader$.$share$($a$, $b$));
        assertEquals(1, $reader$.calls());
    }

    //# a = integer(1, 60)
    //@ focal $share$
    @Test
    public void byZeroIsRemembered() {
        $NumberReader$ $reader$ = new $NumberReader$();
        assertEquals(0, $reader$.$share$($a$, 0));
        assertNotNull("kept for later", $reader$.$problem$());
        assertTrue($reader$.$problem$() instanceof ArithmeticException);
    }
}

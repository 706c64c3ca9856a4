// A tiny calculator: sums and products written as text, and single operations.
//# Calculator = name("Calculator", "Evaluator", "Arithmetic", "MiniMath")
//# calc = name("calc", "evaluator", "math")
//# total = name("sum", "evaluate", "total", "addAll")
//# apply = name("apply", "compute", "operate")
//# Apply = upper(apply)
public class $Calculator$ {
    private int operations;

    public int $total$(String text) {
        int result = 0;
        for (String term : text.split("\\+")) {
            result += Integer.parseInt(term.trim());
            operations++;
        }
        return result;
    }

    public int $apply$(int a, char operator, int b) {
        operations++;
        switch (operator) {
            case '+':
                return a + b;
            case '-':
                return a - b;
            case '*':
                return a * b;
            default:
                throw new IllegalArgumentException("operator " + operator);
        }
    }

    public int operations() {
        return operations;
    }
}

class $Calculator$Test {
    //# a = integer(0, 30)
    //# b = integer(0, 30)
    //# text = f"{a} + {b}"
    //# result = a + b
    //@ focal $total$
    @Test
    public void $total$OfTwoTerms() {
        $Calculator$ $calc$ = new $Calculator$();
        assertEquals($result$, $calc$.$total$($text$));
        assertEquals(2, $calc$.operations());
    }

    //# n = integer(0, 99)
    //# text = f" {n} "
    //@ focal $total$
    @Test
    public void aNumberAloneIsItself() {
        $Calculator$ $calc$ = new $Calculator$();
        assertEquals($n$, $calc$.$total$($text$));
    }

    //# i = integer(0, 2)
    //# sign = char("+-*"[i])
    //# a = integer(1, 12)
    //# b = integer(1, 9)
    //# result = [a + b, a - b, a * b][i]
    //@ focal $apply$
    @Test
    public void test$Apply$() {
        $Calculator$ $calc$ = new $Calculator$();
        int result = $calc$.$apply$($a$, $sign$, $b$);
        assertEquals($result$, result);
    }

    //# c = choice("%&!?/^#")
    //# sign = char(c)
    //# message = f"operator {c}"
    //# a = integer(1, 12)
    //# b = integer(1, 9)
    //@ focal $apply$
    @Test
    public void unknownOperator() {
        $Calculator$ $calc$ = new $Calculator$();
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> $calc$.$apply$($a$, $sign$, $b$));
        assertNotNull(e);
        assertEquals($message$, e.getMessage());
    }

    //# w = word()
    //@ focal $total$
    @Test
    public void wordsAreNoNumbers() {
        $Calculator$ $calc$ = new $Calculator$();
        assertThrows(NumberFormatException.class, () -> $calc$.$total$($w$));
    }
}

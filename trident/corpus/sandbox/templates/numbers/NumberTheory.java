// Divisors, primes and what goes with them.
//# NumberTheory = name("NumberTheory", "Divisors", "PrimeTools", "IntTools")
//# isPrime = name("isPrime", "prime", "testPrime")
//# divisors = name("divisors", "factors", "divisorsOf", "allDivisors")
//# common = name("gcd", "commonDivisor", "greatestCommon")
//# smallest = name("smallestFactor", "firstFactor", "leastDivisor")
public class $NumberTheory$ {
    public static boolean $isPrime$(int n) {
        for (int d = 2; d * d <= n; d++) {
            if (n % d == 0) {
                return false;
            }
        }
        return n > 1;
    }

    public static List<Integer> $divisors$(int n) {
        List<Integer> result = new ArrayList<>();
        for (int d = 1; d <= n; d++) {
            if (n % d == 0) {
                result.add(d);
            }
        }
        return result;
    }

    public static int $common$(int a, int b) {
        while (b != 0) {
            int rest = a % b;
            a = b;
            b = rest;
        }
        return a;
    }

    public static Integer $smallest$(int n) {
        for (int d = 2; d < n; d++) {
            if (n % d == 0) {
                return d;
            }
        }
        return null;
    }

    public static boolean isSquare(int n) {
        int root = (int) Math.sqrt(n);
        return root * root == n;
    }
}

class $NumberTheory$Test {
    //# p = choice([2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59])
    //# n = integer(2, 9) * integer(2, 9)
    //# message = choice(["can be divided", "a product", "not prime"])
    //@ focal $isPrime$
    @Test
    public void primesAndProducts() {
        assertTrue($NumberTheory$.$isPrime$($p$));
        assertFalse($message$, $NumberTheory$.$isPrime$($n$));
    }

    //# n = integer(4, 60)
    //# require len([d for d in range(1, n + 1) if n % d == 0]) <= 6
    //# expected = [d for d in range(1, n + 1) if n % d == 0]
    //# found = name("found", "result", "actual", "list")
    //@ focal $divisors$
    @Test
    public void $divisors$InOrder() {
        List<Integer> $found$ = $NumberTheory$.$divisors$($n$);
        assertTrue($found$.contains(1));
        assertEquals(Arrays.asList($expected$), $found$);
    }

    //# n = integer(2, 80)
    //# found = name("found", "result", "actual", "list")
    //@ focal $divisors$
    @Test
    public void oneAndTheNumberItself() {
        List<Integer> $found$ = $NumberTheory$.$divisors$($n$);
        assertNotNull($found$);
        assertThat($found$, hasItem(1));
        assertThat($found$, hasItem($n$));
    }

    //# g = integer(1, 12)
    //# a = integer(1, 7)
    //# b = integer(1, 7)
    //# require math.gcd(a, b) == 1
    //# x = a * g
    //# y = b * g
    //@ focal $common$
    @Test
    public void $common$OfTwoNumbers() {
        assertEquals($g$, $NumberTheory$.$common$($x$, $y$));
        assertEquals($x$, $NumberTheory$.$common$($x$, 0));
    }

    //# p = choice([2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47])
    //# d = choice([2, 3, 5, 7])
    //# k = integer(2, 9)
    //# require all(k % e != 0 for e in range(2, d))
    //# n = d * k
    //@ focal $smallest$
    @Test
    public void $smallest$OfAProduct() {
        Integer factor = $NumberTheory$.$smallest$($n$);
        assertNotNull(factor);
        assertEquals($d$, factor.intValue());
        assertNull($NumberTheory$.$smallest$($p$));
    }

    //# r = integer(1, 15)
    //# square = r * r
    //# n = choice([square, square + integer(1, 2 * r)])
    //# verdict = code("assertTrue" if n == square else "assertFalse")
    //@ focal isSquare
    @Test
    public void testIsSquare() {
        assertTrue($NumberTheory$.isSquare($square$));
        $verdict$($NumberTheory$.isSquare($n$));
    }
}

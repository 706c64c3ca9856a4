// Looks at the digits of a number, and at numbers in other bases.
//# Digits = name("Digits", "BaseTools", "DigitTools", "Numerals")
//# digitSum = name("digitSum", "sumOfDigits", "crossSum", "addDigits")
//# reverse = name("reverse", "mirrored", "backwards")
//# binary = name("toBinary", "binary", "bits", "asBits")
//# parse = name("parse", "fromText", "read", "decode")
public class $Digits$ {
    public static int $digitSum$(int n) {
        int sum = 0;
        while (n > 0) {
            sum += n % 10;
            n /= 10;
        }
        return sum;
    }

    public static int $reverse$(int n) {
        int result = 0;
        while (n > 0) {
            result = result * 10 + n % 10;
            n /= 10;
        }
        return result;
    }

    public static String $binary$(int n) {
        String text = "";
        do {
            text = n % 2 + text;
            n /= 2;
        } while (n > 0);
        return text;
    }

    public static Integer $parse$(String text, int base) {
        try {
            return Integer.valueOf(text, base);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    public static char last(int n) {
        return (char) ('0' + n % 10);
    }

    public static boolean isPalindrome(int n) {
        return n == $reverse$(n);
    }
}

class $Digits$Test {
    //# n = integer(10, 999)
    //# expected = sum(int(c) for c in str(n))
    //@ focal $digitSum$
    @Test
    public void $digitSum$AddsAllDigits() {
        assertEquals($expected$, $Digits$.$digitSum$($n$));
    }

    //# n = integer(12, 98)
    //# require n % 10 != 0
    //# expected = int(str(n)[::-1])
    //# digit = integer(1, 9)
    //@ focal $reverse$
    @Test
    public void $reverse$TwoDigits() {
        assertEquals($expected$, $Digits$.$reverse$($n$));
        assertEquals($digit$, $Digits$.$reverse$($digit$));
    }

    //# a = integer(0, 1)
    //# b = integer(0, 1)
    //# c = integer(0, 1)
    //# d = integer(0, 1)
    //# n = 16 + 8 * a + 4 * b + 2 * c + d
    //# text = f"1{a}{b}{c}{d}"
    //# local = name("bits", "text", "result", "actual")
    //@ focal $binary$
    @Test
    public void $binary$OfASmallNumber() {
        String $local$ = $Digits$.$binary$($n$);
        assertNotNull($local$);
        assertEquals($text$, $local$);
    }

    //# n = integer(0, 90)
    //# text = str(n)
    //# wrong = text + choice(["x", "!", " ", "z", "?"])
    //@ focal $parse$
    @Test
    public void $parse$DecimalNumbers() {
        assertThat($Digits$.$parse$($text$, 10), is($n$));
        assertThat($Digits$.$parse$($wrong$, 10), nullValue());
    }

    //# n = integer(1, 300)
    //# digit = char(str(n % 10))
    //@ focal last
    @Test
    public void lastDigitAsACharacter() {
        assertEquals($digit$, $Digits$.last($n$));
    }

    //# a = integer(1, 9)
    //# b = integer(0, 9)
    //# c = integer(1, 9)
    //# require a != c
    //# yes = 101 * a + 10 * b
    //# no = 100 * a + 10 * b + c
    //# message = choice(["differs backwards", "no palindrome", "not the same"])
    //@ focal isPalindrome
    @Test
    public void palindromes() {
        assertTrue($Digits$.isPalindrome($yes$));
        assertFalse($message$, $Digits$.isPalindrome($no$));
    }
}

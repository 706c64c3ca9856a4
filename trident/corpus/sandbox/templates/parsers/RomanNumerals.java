// Roman numerals, read and written.
//# Roman = name("Roman", "RomanNumerals", "RomanNumber", "Numeral")
//# parse = name("parse", "toInt", "read", "valueOf")
//# write = name("write", "format", "toRoman", "render")
//# Parse = upper(parse)
public class $Roman$ {
    private static final int[] VALUES = {50, 40, 10, 9, 5, 4, 1};
    private static final String[] SIGNS = {"L", "XL", "X", "IX", "V", "IV", "I"};

    public static int digit(char sign) {
        switch (sign) {
            case 'I':
                return 1;
            case 'V':
                return 5;
            case 'X':
                return 10;
            case 'L':
                return 50;
            default:
                throw new IllegalArgumentException("not a numeral: " + sign);
        }
    }

    public static int $parse$(String text) {
        int total = 0;
        int last = 0;
        for (int i = text.length() - 1; i >= 0; i--) {
            int digit = digit(text.charAt(i));
            total += digit < last ? -digit : digit;
            last = digit;
        }
        return total;
    }

    public static String $write$(int number) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < VALUES.length; i++) {
            while (number >= VALUES[i]) {
                text.append(SIGNS[i]);
                number -= VALUES[i];
            }
        }
        return text.toString();
    }
}

class $Roman$Test {
    //# a = integer(1, 39)
    //# b = integer(1, 39)
    //# text = "X" * (a // 10) + ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"][a % 10]
    //# other = "X" * (b // 10) + ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"][b % 10]
    //@ focal $parse$
    @Test
    public void test$Parse$() {
        assertEquals($a$, $Roman$.$parse$($text$));
        assertEquals($b$, $Roman$.$parse$($other$));
    }

    //# a = integer(1, 39)
    //# text = "X" * (a // 10) + ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"][a % 10]
    //@ focal $write$
    @Test
    public void $write$IsShort() {
        String text = $Roman$.$write$($a$);
        assertNotNull(text);
        assertEquals($text$, text);
    }

    //# a = integer(1, 89)
    //@ focal $parse$
    @Test
    public void readsWhatItWrites() {
        String text = $Roman$.$write$($a$);
        assertNotNull(text);
        assertEquals("there and back", $a$, $Roman$.$parse$(text));
    }

    //# sign = char(choice("ABEFGHJKNOPQRSTUWYZ"))
    //# i = integer(0, 3)
    //# good = char("IVXL"[i])
    //# number = [1, 5, 10, 50][i]
    //@ focal digit
    @Test
    public void unknownSignsAreRefused() {
        assertEquals($number$, $Roman$.digit($good$));
        assertThrows(IllegalArgumentException.class, () -> $Roman$.digit($sign$));
    }
}

// Pads and repeats text to make columns line up.
//# Pad = name("Padding", "Columns", "Align", "TextPad")
//# padLeft = name("padLeft", "rightAlign", "fillFront", "leftPad")
//# padRight = name("padRight", "leftAlign", "fillEnd", "rightPad")
//# text = name("text", "s", "value", "label")
//# fill = name("fill", "c", "filler")
public class $Pad$ {
    public static String repeat(char $fill$, int times) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < times; i++) {
            out.append($fill$);
        }
        return out.toString();
    }

    public static String $padLeft$(String $text$, int width, char $fill$) {
        return repeat($fill$, width - $text$.length()) + $text$;
    }

    public static String $padRight$(String $text$, int width) {
        StringBuilder out = new StringBuilder($text$);
        while (out.length() < width) {
            out.append(' ');
        }
        return out.toString();
    }

    public static String between(String $text$, char $fill$) {
        return $fill$ + $text$ + $fill$;
    }
}

class $Pad$Test {
    //# sign = choice("*-=.#+")
    //# c = char(sign)
    //# times = integer(2, 6)
    //# line = sign * times
    //# more = integer(7, 40)
    //@ focal repeat
    @Test
    public void repeatsACharacter() {
        assertEquals($line$, $Pad$.repeat($c$, $times$));
        assertEquals($more$, $Pad$.repeat($c$, $more$).length());
        assertTrue($Pad$.repeat($c$, 0).isEmpty());
    }

    //# number = str(integer(1, 999))
    //# width = integer(4, 6)
    //# sign = choice("0 .*")
    //# c = char(sign)
    //# padded = sign * (width - len(number)) + number
    //@ focal $padLeft$
    @Test
    public void $padLeft$FillsInFront() {
        String padded = $Pad$.$padLeft$($number$, $width$, $c$);
        assertNotNull(padded);
        assertEquals($padded$, padded);
        assertEquals($width$, padded.length());
    }

    //# item = word()
    //# width = integer(1, 30)
    //# size = max(width, len(item))
    //@ focal $padRight$
    @Test
    public void $padRight$NeverCuts() {
        String padded = $Pad$.$padRight$($item$, $width$);
        assertEquals("width", $size$, padded.length());
        assertThat(padded, startsWith($item$));
    }

    //# item = word()
    //# sign = choice("*|'_/")
    //# c = char(sign)
    //# framed = sign + item + sign
    //@ focal between
    @Test
    public void framesTheText() {
        String framed = $Pad$.between($item$, $c$);
        assertEquals($framed$, framed);
        assertNotEquals($item$, framed);
    }
}

// Run-length coding: a run of equal letters becomes the letter and a number.
//# Runs = name("RunLength", "Squeezer", "Packer", "Runs")
//# pack = name("pack", "compress", "squeeze", "encode")
//# unpack = name("unpack", "expand", "unfold", "inflate")
//# longestRun = name("longestRun", "maxRun", "bestStreak")
//# input = name("input", "text", "raw")
public class $Runs$ {
    public static String $pack$(String $input$) {
        StringBuilder out = new StringBuilder();
        int start = 0;
        for (int i = 1; i <= $input$.length(); i++) {
            if (i == $input$.length() || $input$.charAt(i) != $input$.charAt(start)) {
                out.append($input$.charAt(start)).append(i - start);
                start = i;
            }
        }
        return out.toString();
    }

    public static String $unpack$(String packed) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < packed.length(); i += 2) {
            for (int n = packed.charAt(i + 1) - '0'; n > 0; n--) {
                out.append(packed.charAt(i));
            }
        }
        return out.toString();
    }

    public static int $longestRun$(String $input$) {
        int best = 0;
        int run = 0;
        for (int i = 0; i < $input$.length(); i++) {
            run = i > 0 && $input$.charAt(i) == $input$.charAt(i - 1) ? run + 1 : 1;
            best = Math.max(best, run);
        }
        return best;
    }
}

class $Runs$Test {
    //# p, q = sample("abcdefghkmnoprstxyz", 2)
    //# m, n = integers(2, 1, 5)
    //# raw = p * m + q * n
    //# packed = f"{p}{m}{q}{n}"
    //@ focal $pack$
    @Test
    public void $pack$CountsTheRuns() {
        assertEquals($packed$, $Runs$.$pack$($raw$));
    }

    //# p, q = sample("abcdefghkmnoprstxyz", 2)
    //# m, n = integers(2, 1, 5)
    //# raw = p * m + q * n
    //# packed = f"{p}{m}{q}{n}"
    //# size = m + n
    //@ focal $unpack$
    @Test
    public void $unpack$RestoresTheText() {
        String text = $Runs$.$unpack$($packed$);
        assertNotNull(text);
        assertEquals("letters", $size$, text.length());
        assertEquals($raw$, text);
    }

    //# p, q = sample("abcdefghkmnoprstxyz", 2)
    //# m, n = integers(2, 1, 8)
    //# most = max(m, n)
    //# text = p * m + q * n
    //@ focal $longestRun$
    @Test
    public void findsTheLongestRun() {
        assertEquals($most$, $Runs$.$longestRun$($text$));
        assertEquals(0, $Runs$.$longestRun$(""));
    }

    //# given = word()
    //@ focal $pack$
    @Test
    public void roundTrip() {
        String packed = $Runs$.$pack$($given$);
        assertNotNull(packed);
        assertEquals("round trip", $given$, $Runs$.$unpack$(packed));
    }
}

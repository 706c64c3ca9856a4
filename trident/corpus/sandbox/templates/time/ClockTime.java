// A time of day on a 24-hour clock; it starts again at midnight.
//# ClockTime = name("ClockTime", "Clock", "TimeOfDay", "Watch")
//# clock = name("clock", "time", "watch", "now")
//# advance = name("advance", "forward", "turn", "wind")
//# isBefore = name("isBefore", "isEarlierThan", "precedes")
//# parse = name("parse", "from", "read", "valueOf")
public class $ClockTime$ {
    private int hour;
    private int minute;

    public $ClockTime$(int hour, int minute) {
        this.hour = hour;
        this.minute = minute;
    }

    public int getHour() {
        return hour;
    }

    public int getMinute() {
        return minute;
    }

    public void $advance$(int hours) {
        hour = (hour + hours) % 24;
    }

    public boolean isMorning() {
        return hour < 12;
    }

    public boolean $isBefore$($ClockTime$ other) {
        if (hour != other.hour) {
            return hour < other.hour;
        }
        return minute < other.minute;
    }

    public static $ClockTime$ $parse$(String text) {
        String[] parts = text.split(":");
        if (parts.length != 2) {
            return null;
        }
        return new $ClockTime$(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    @Override
    public String toString() {
        return String.format("%02d:%02d", hour, minute);
    }
}

class $ClockTime$Test {
    //# h = integer(0, 23)
    //# m = integer(0, 59)
    //# hours = integer(1, 12)
    //# later = (h + hours) % 24
    //@ focal $advance$
    @Test
    public void $advance$WrapsAtMidnight() {
        $ClockTime$ $clock$ = new $ClockTime$($h$, $m$);
        $clock$.$advance$($hours$);
        assertEquals($later$, $clock$.getHour());
        assertEquals($m$, $clock$.getMinute());
    }

    //# h = integer(0, 23)
    //# m = integer(0, 59)
    //# text = f"{h:02d}:{m:02d}"
    //@ focal toString
    @Test
    public void testToString() {
        $ClockTime$ $clock$ = new $ClockTime$($h$, $m$);
        assertEquals($text$, $clock$.toString());
    }

    //# h = integer(0, 23)
    //# m = integer(0, 59)
    //# text = f"{h}:{m}"
    //# wrong = choice([f"{h}", f"{h}-{m}", f"{h}:{m}:0"])
    //@ focal $parse$
    @Test
    public void $parse$ReadsHourAndMinute() {
        $ClockTime$ $clock$ = $ClockTime$.$parse$($text$);
        assertNotNull($clock$);
        assertEquals($h$, $clock$.getHour());
        assertEquals($m$, $clock$.getMinute());
        assertNull($ClockTime$.$parse$($wrong$));
    }

    //# h = integer(0, 23)
    //# m = integer(0, 30)
    //# n = integer(31, 59)
    //@ focal $isBefore$
    @Test
    public void minutesDecideWithinTheHour() {
        $ClockTime$ early = new $ClockTime$($h$, $m$);
        $ClockTime$ late = new $ClockTime$($h$, $n$);
        assertTrue(early.$isBefore$(late));
        assertFalse(late.$isBefore$(early));
    }

    //# h = integer(1, 22)
    //# m = integer(0, 59)
    //# verdict = code("assertTrue" if h < 12 else "assertFalse")
    //# message = choice(["before noon", "noon is at twelve", "am or pm"])
    //@ focal isMorning
    @Test
    public void morningEndsAtNoon() {
        $ClockTime$ $clock$ = new $ClockTime$($h$, $m$);
        $verdict$($message$, $clock$.isMorning());
        assertEquals($h$, $clock$.getHour());
    }
}

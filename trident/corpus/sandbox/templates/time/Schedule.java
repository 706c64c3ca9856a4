// Appointments of one day: at most one name for every full hour.
//# Schedule = name("Schedule", "Agenda", "Diary", "RoomPlan")
//# schedule = lower(Schedule)
//# book = name("book", "reserve", "enter", "occupy")
//# at = name("at", "whoAt", "entryAt", "find")
//# cancel = name("cancel", "free", "release", "delete")
public class $Schedule$ {
    private final TreeMap<Integer, String> entries = new TreeMap<>();

    public boolean $book$(int hour, String who) {
        if (entries.containsKey(hour)) {
            return false;
        }
        entries.put(hour, who);
        return true;
    }

    public String $at$(int hour) {
        return entries.get(hour);
    }

    public String $cancel$(int hour) {
        return entries.remove(hour);
    }

    public int count() {
        return entries.size();
    }

    public int nextFree(int from) {
        int hour = from;
        while (entries.containsKey(hour)) {
            hour++;
        }
        return hour;
    }

    public String first() {
        return entries.isEmpty() ? null : entries.firstEntry().getValue();
    }
}

class $Schedule$Test {
    //# hour = integer(7, 20)
    //# who = words(2)
    //# first = who[0]
    //# second = who[1]
    //@ focal $book$
    @Test
    public void anHourIsGivenOnlyOnce() {
        $Schedule$ $schedule$ = new $Schedule$();
        assertTrue($schedule$.$book$($hour$, $first$));
        assertFalse($schedule$.$book$($hour$, $second$));
        assertEquals($first$, $schedule$.$at$($hour$));
    }

    //# hour = integer(7, 18)
    //# other = hour + integer(1, 4)
    //# who = word()
    //@ focal $at$
    @Test
    public void $at$IsNullForFreeHours() {
        $Schedule$ $schedule$ = new $Schedule$();
        $schedule$.$book$($hour$, $who$);
        assertNotNull($schedule$.$at$($hour$));
        assertNull($schedule$.$at$($other$));
    }

    //# hour = integer(6, 20)
    //# next = hour + 1
    //# last = hour + 2
    //# who = words(2)
    //# first = who[0]
    //# second = who[1]
    //@ focal nextFree
    @Test
    public void nextFreeSkipsBookedHours() {
        $Schedule$ $schedule$ = new $Schedule$();
        assertEquals("nothing booked yet", $hour$, $schedule$.nextFree($hour$));
        $schedule$.$book$($hour$, $first$);
        assertEquals($next$, $schedule$.nextFree($hour$));
        $schedule$.$book$($next$, $second$);
        assertEquals($last$, $schedule$.nextFree($hour$));
    }

    //# hour = integer(7, 20)
    //# who = word()
    //# message = choice(["the hour is free again", "was cancelled", "no entry left"])
    //@ focal $cancel$
    @Test
    public void $cancel$ReturnsWhoWasThere() {
        $Schedule$ $schedule$ = new $Schedule$();
        $schedule$.$book$($hour$, $who$);
        assertEquals($who$, $schedule$.$cancel$($hour$));
        assertEquals($message$, 0, $schedule$.count());
        assertNull($schedule$.$cancel$($hour$));
    }

    //# late = integer(12, 20)
    //# early = integer(6, 11)
    //# who = words(2)
    //# one = who[0]
    //# two = who[1]
    //@ focal first
    @Test
    public void firstIsTheEarliest() {
        $Schedule$ $schedule$ = new $Schedule$();
        $schedule$.$book$($late$, $one$);
        $schedule$.$book$($early$, $two$);
        assertNotNull($schedule$.first());
        assertThat($schedule$.first(), is($two$));
        assertThat($schedule$.first(), not(equalTo($one$)));
    }
}

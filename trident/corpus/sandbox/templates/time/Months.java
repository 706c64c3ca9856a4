// Questions about the calendar: leap years, lengths of months and seasons.
//# Months = name("Months", "CalendarTools", "YearFacts", "Almanac")
//# isLeap = name("isLeap", "isLeapYear", "hasLeapDay")
//# daysIn = name("daysIn", "length", "lastDay", "daysOf")
//# season = name("season", "seasonOf", "partOfYear")
public class $Months$ {
    public static boolean $isLeap$(int year) {
        return year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
    }

    public static int $daysIn$(int month, boolean leap) {
        if (month == 2) {
            return leap ? 29 : 28;
        }
        if (month == 4 || month == 6 || month == 9 || month == 11) {
            return 30;
        }
        return 31;
    }

    public static String $season$(int month) {
        if (month < 1 || month > 12) {
            return null;
        }
        String[] names = {"winter", "spring", "summer", "autumn"};
        return names[month % 12 / 3];
    }

    public static int addMonths(int month, int count) {
        return (month - 1 + count) % 12 + 1;
    }

    public static int[] ageIn(int years, int months) {
        return new int[] {years + months / 12, months % 12};
    }
}

class $Months$Test {
    //# leap = 4 * integer(476, 524)
    //# require leap % 100 != 0
    //# after = leap + integer(1, 3)
    //@ focal $isLeap$
    @Test
    public void leapYears() {
        assertTrue($Months$.$isLeap$($leap$));
        assertFalse($Months$.$isLeap$($after$));
    }

    //# month = integer(1, 12)
    //# leap = boolean()
    //# days = (29 if leap else 28) if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    //# local = name("days", "count", "result", "actual")
    //@ focal $daysIn$
    @Test
    public void lengthOfAMonth() {
        int $local$ = $Months$.$daysIn$($month$, $leap$);
        assertEquals($days$, $local$);
        assertNotEquals(0, $local$);
    }

    //# month = integer(1, 12)
    //# wrong = choice([0, 13, -1, integer(14, 30)])
    //# text = ["winter", "spring", "summer", "autumn"][month % 12 // 3]
    //@ focal $season$
    @Test
    public void seasonOfAMonth() {
        String name = $Months$.$season$($month$);
        assertNotNull(name);
        assertEquals($text$, name);
        assertNull($Months$.$season$($wrong$));
    }

    //# month = integer(1, 12)
    //# n = integer(0, 14)
    //# expected = (month - 1 + n) % 12 + 1
    //@ focal addMonths
    @Test
    public void testAddMonths() {
        assertEquals($expected$, $Months$.addMonths($month$, $n$));
    }

    //# years = integer(0, 20)
    //# months = integer(0, 30)
    //# y = years + months // 12
    //# m = months % 12
    //@ focal ageIn
    @Test
    public void ageInYearsAndMonths() {
        int[] age = $Months$.ageIn($years$, $months$);
        assertNotNull("two numbers", age);
        assertArrayEquals(new int[] {$y$, $m$}, age);
    }
}

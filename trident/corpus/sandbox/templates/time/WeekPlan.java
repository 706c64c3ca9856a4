// A plan of the week: which days are worked on, and how many hours each.
//# WeekPlan = name("WeekPlan", "WorkWeek", "Rota", "Timetable")
//# plan = name("plan", "week", "rota", "hours")
//# work = name("work", "assign", "setHours", "plan")
//# tomorrow = name("next", "tomorrow", "after", "following")
//# isFree = name("isFree", "isOff", "isHoliday")
public class $WeekPlan$ {
    public enum Day { MON, TUE, WED, THU, FRI, SAT, SUN }

    private final Map<Day, Integer> hours = new EnumMap<>(Day.class);

    public void $work$(Day day, int count) {
        hours.put(day, count);
    }

    public boolean $isFree$(Day day) {
        return !hours.containsKey(day);
    }

    public Integer get(Day day) {
        return hours.get(day);
    }

    public int total() {
        int sum = 0;
        for (int count : hours.values()) {
            sum += count;
        }
        return sum;
    }

    public Day longestDay() {
        Day best = null;
        for (Day day : hours.keySet()) {
            if (best == null || hours.get(day) > hours.get(best)) {
                best = day;
            }
        }
        return best;
    }

    public static Day $tomorrow$(Day day) {
        Day[] days = Day.values();
        return days[(day.ordinal() + 1) % days.length];
    }
}

class $WeekPlan$Test {
    //# days = sample(["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], 2)
    //# one = code(f"{WeekPlan}.Day.{days[0]}")
    //# two = code(f"{WeekPlan}.Day.{days[1]}")
    //# a = integer(1, 10)
    //# b = integer(1, 10)
    //# both = a + b
    //@ focal total
    @Test
    public void totalSumsAllDays() {
        $WeekPlan$ $plan$ = new $WeekPlan$();
        $plan$.$work$($one$, $a$);
        $plan$.$work$($two$, $b$);
        assertEquals($both$, $plan$.total());
    }

    //# days = sample(["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], 2)
    //# busy = code(f"{WeekPlan}.Day.{days[0]}")
    //# free = code(f"{WeekPlan}.Day.{days[1]}")
    //# a = integer(1, 10)
    //@ focal $isFree$
    @Test
    public void daysWithoutWork() {
        $WeekPlan$ $plan$ = new $WeekPlan$();
        $plan$.$work$($busy$, $a$);
        assertFalse($plan$.$isFree$($busy$));
        assertTrue($plan$.$isFree$($free$));
    }

    //# days = sample(["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], 2)
    //# busy = code(f"{WeekPlan}.Day.{days[0]}")
    //# free = code(f"{WeekPlan}.Day.{days[1]}")
    //# a = integer(1, 10)
    //@ focal get
    @Test
    public void getReturnsTheHours() {
        $WeekPlan$ $plan$ = new $WeekPlan$();
        $plan$.$work$($busy$, $a$);
        assertNotNull($plan$.get($busy$));
        assertEquals($a$, $plan$.get($busy$).intValue());
        assertNull($plan$.get($free$));
    }

    //# days = sample(["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], 2)
    //# short_ = code(f"{WeekPlan}.Day.{days[0]}")
    //# long_ = code(f"{WeekPlan}.Day.{days[1]}")
    //# a = integer(1, 6)
    //# b = integer(7, 12)
    //@ focal longestDay
    @Test
    public void testLongestDay() {
        $WeekPlan$ $plan$ = new $WeekPlan$();
        assertNull($plan$.longestDay());
        $plan$.$work$($short_$, $a$);
        $plan$.$work$($long_$, $b$);
        assertSame($long_$, $plan$.longestDay());
    }

    //# names = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
    //# i = integer(0, 6)
    //# today = code(f"{WeekPlan}.Day.{names[i]}")
    //# expected = code(f"{WeekPlan}.Day.{names[(i + 1) % 7]}")
    //# local = name("day", "result", "actual", "found", "date", "value")
    //@ focal $tomorrow$
    @Test
    public void $tomorrow$Wraps() {
        $WeekPlan$.Day $local$ = $WeekPlan$.$tomorrow$($today$);
        assertNotNull($local$);
        assertEquals($expected$, $local$);
    }
}

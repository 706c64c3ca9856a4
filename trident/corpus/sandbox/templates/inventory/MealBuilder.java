// Builds a meal step by step; the finished meal can no longer change.
//# Meal = name("Meal", "Menu", "Lunch", "Dinner")
//# main = name("withMain", "main", "dish")
//# side = name("withSide", "side", "extra", "plus")
//# price = name("price", "cost", "total")
//# build = name("build", "serve", "create")
//# Side = upper(side)
public class $Meal$ {
    private final String dish;
    private final int $price$;
    private final String[] sides;

    private $Meal$(Builder builder) {
        this.dish = builder.dish;
        this.$price$ = builder.$price$;
        this.sides = builder.sides.toArray(new String[0]);
    }

    public static class Builder {
        private String dish = "soup";
        private int $price$;
        private final List<String> sides = new ArrayList<>();

        public Builder $main$(String dish, int $price$) {
            this.dish = dish;
            this.$price$ += $price$;
            return this;
        }

        public Builder $side$(String side, int $price$) {
            sides.add(side);
            this.$price$ += $price$;
            return this;
        }

        public $Meal$ $build$() {
            if ($price$ == 0) {
                throw new IllegalStateException("empty");
            }
            return new $Meal$(this);
        }
    }

    public String getDish() {
        return dish;
    }

    public int $price$() {
        return $price$;
    }

    public String[] getSides() {
        return sides.clone();
    }

    public double priceFor(int guests) {
        return guests > 4 ? $price$ * guests * 0.5 : $price$ * guests;
    }
}

class $Meal$Test {
    //# dish = choice(["pizza", "curry", "pasta", "fish", "salad", "stew"])
    //# a = integer(5, 30)
    //@ focal $build$
    @Test
    public void $build$OnlyTheMainDish() {
        $Meal$ meal = new $Meal$.Builder().$main$($dish$, $a$).$build$();
        assertNotNull(meal);
        assertEquals($dish$, meal.getDish());
        assertEquals($a$, meal.$price$());
    }

    //# dish = choice(["pizza", "curry", "pasta", "fish", "salad", "stew"])
    //# extra = choice(["rice", "bread", "beans", "chips"])
    //# a = integer(5, 30)
    //# b = integer(1, 15)
    //# together = a + b
    //@ focal $side$
    @Test
    public void a$Side$CostsExtra() {
        $Meal$ meal = new $Meal$.Builder().$main$($dish$, $a$).$side$($extra$, $b$).$build$();
        assertEquals($together$, meal.$price$());
        assertNotNull(meal.getSides());
        assertArrayEquals(new String[] {$extra$}, meal.getSides());
    }

    //# extra = choice(["rice", "bread", "beans", "chips", "corn"])
    //# b = integer(1, 20)
    //@ focal $side$
    @Test
    public void test$Side$Chains() {
        $Meal$.Builder builder = new $Meal$.Builder();
        assertSame(builder, builder.$side$($extra$, $b$));
        assertThat(builder.$build$().$price$(), is($b$));
    }

    //# dish = choice(["pizza", "curry", "pasta", "fish", "salad", "stew"])
    //# a = integer(5, 30)
    //@ focal $build$
    @Test
    public void eachCallMakesAnother$Meal$() {
        $Meal$.Builder builder = new $Meal$.Builder();
        assertThrows(IllegalStateException.class, () -> builder.$build$());
        builder.$main$($dish$, $a$);
        assertNotSame("a new one each time", builder.$build$(), builder.$build$());
    }

    //# a = integer(1, 12)
    //# guests = integer(1, 9)
    //# expected = float(a * guests * 0.5 if guests > 4 else a * guests)
    //@ focal priceFor
    @Test
    public void groupsPayHalf() {
        $Meal$ meal = new $Meal$.Builder().$main$("stew", $a$).$build$();
        assertEquals($expected$, meal.priceFor($guests$), 0.01);
    }
}

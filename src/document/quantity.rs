//! A figure with its unit, printed precision and bound.

use std::sync::LazyLock;

use rust_decimal::Decimal;

use super::Text;

/// A reported or computed figure in its base unit. Never a float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// The value in `unit`: 元 for money, the printed figure for rates.
    value: Decimal,
    unit: Unit,
    decimals: i32,
    bound: Bound,
}

impl Quantity {
    /// A figure `number` printed with `printed_decimals` digits after its point, scaled by `10^scale` into `unit`
    /// (万元 has scale 4). `None` for figures no report can mean, so that arithmetic on several of them stays exact: a
    /// quadrillion and more, rates beyond ten millions, more than twelve decimals.
    #[must_use]
    pub fn scaled(number: Decimal, printed_decimals: u32, scale: u32, unit: Unit, bound: Bound) -> Option<Self> {
        let factor = Decimal::from(10_u64.checked_pow(scale)?);
        let value = number.checked_mul(factor)?.normalize();
        let most = if matches!(unit, Unit::Percent | Unit::Permille) { MOST_RATE } else { MOST };
        if value.abs() >= Decimal::from(most) || printed_decimals > 12 {
            return None;
        }
        let decimals = i32::try_from(printed_decimals).ok()?.checked_sub(i32::try_from(scale).ok()?)?;
        Some(Self { value, unit, decimals, bound })
    }

    /// The value in base unit.
    #[must_use]
    pub fn value(&self) -> Decimal {
        self.value
    }

    /// The base unit.
    #[must_use]
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// Known digits after the point of `value`; negative when the last digits are not known (3518.64 万元: -2).
    #[must_use]
    pub fn decimals(&self) -> i32 {
        self.decimals
    }

    /// Whether the figure stands for itself or for a bound.
    #[must_use]
    pub fn bound(&self) -> Bound {
        self.bound
    }
}

/// Values from here on are no figures of a report.
const MOST: u64 = 1_000_000_000_000_000;
/// Rates from here on are no rates.
const MOST_RATE: u64 = 10_000_000;

/// Base units. Amounts of money are converted into 元; things that are counted keep their printed unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Renminbi, in 元.
    Cny,
    /// Hundredths, as printed.
    Percent,
    /// Thousandths, as printed.
    Permille,
    /// Points of a score or weight (分).
    Point,
    /// People (人, 名).
    Person,
    /// Things that are counted as pieces (件, 项, 个).
    Item,
    /// Any other printed unit.
    Other(Text),
}

impl Unit {
    /// The unit's name in a record.
    #[must_use]
    pub fn label(&self) -> &Text {
        static NAMES: LazyLock<[Text; 6]> =
            LazyLock::new(|| ["CNY", "percent", "permille", "point", "person", "item"].map(Text::from));
        let [cny, percent, permille, point, person, item] = &*NAMES;
        match self {
            Self::Cny => cny,
            Self::Percent => percent,
            Self::Permille => permille,
            Self::Point => point,
            Self::Person => person,
            Self::Item => item,
            Self::Other(printed) => printed,
        }
    }
}

/// What the words around a figure make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Bound {
    /// The figure itself.
    #[default]
    Exact,
    /// 约, 左右.
    About,
    /// ≥, 以上, 不低于, 》.
    AtLeast,
    /// ≤, 以下, 不超过.
    AtMost,
    /// 超过, 余, 多.
    Over,
    /// 近, 不足.
    Under,
}

impl Bound {
    /// The bound's name in a record.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::About => "about",
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
            Self::Over => "over",
            Self::Under => "under",
        }
    }
}

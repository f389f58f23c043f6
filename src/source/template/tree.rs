//! The parsed form of a template: what the parser makes and the executor walks.
//!
//! Positions are byte offsets into the text of the flag (all its values joined).

use std::collections::BTreeMap;

/// The bodies of one flag by name; [`MAIN`] is the one that is executed.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// Every body by its name.
    pub(super) bodies: BTreeMap<Vec<u8>, Vec<Node>>,
}

/// One step of a body.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// An action whose value is printed, unless it declares or assigns.
    Action(Pipe),
    /// Leaves the innermost range.
    Break,
    /// Begins the next round of the innermost range.
    Continue,
    /// `if` and `with`: the first branch with a true value, or the last resort.
    Choice(Choice),
    /// `range`.
    Range(Range),
    /// `template` and the place of a `block`.
    Template(Call),
    /// Text that is copied.
    Text(String),
}

/// An `if` or `with` with all its `else if` or `else with`.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// Whether the value becomes the dot of its branch (`with`).
    pub(super) sets_dot: bool,
    /// Conditions and bodies in order.
    pub(super) branches: Vec<(Pipe, Vec<Node>)>,
    /// The body of a plain `else`.
    pub(super) otherwise: Vec<Node>,
}

/// A loop.
#[derive(Clone, Debug)]
pub(super) struct Range {
    /// What is looped over, with the variables of the loop.
    pub(super) pipe: Pipe,
    /// One round.
    pub(super) body: Vec<Node>,
    /// What runs if there is no round.
    pub(super) otherwise: Vec<Node>,
}

/// The execution of another body.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Where it stands.
    pub(super) at: usize,
    /// The name of the body.
    pub(super) name: Vec<u8>,
    /// Its dot, if any is given.
    pub(super) pipe: Option<Pipe>,
}

/// Commands joined by `|`, and the variables that get the result.
#[derive(Clone, Debug)]
pub(super) struct Pipe {
    /// Where it begins.
    pub(super) at: usize,
    /// Names of the variables, with their `$`.
    pub(super) variables: Vec<String>,
    /// Whether the variables exist already (`=` rather than `:=`).
    pub(super) assigns: bool,
    /// The commands, at least one.
    pub(super) commands: Vec<Command>,
}

/// An operand with its arguments.
#[derive(Clone, Debug)]
pub(super) struct Command {
    /// The operand, then the arguments.
    pub(super) first: Operand,
    /// The arguments.
    pub(super) arguments: Vec<Operand>,
}

/// A word of a command.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    /// Where it begins.
    pub(super) at: usize,
    /// What it is.
    pub(super) term: Term,
}

/// The kinds of words.
#[derive(Clone, Debug)]
pub(super) enum Term {
    /// `true` or `false`.
    Bool(bool),
    /// Fields of a function's result or of a pipeline in parentheses.
    Chain(Box<Operand>, Vec<String>),
    /// `.`
    Dot,
    /// `.Field.Field`
    Field(Vec<String>),
    /// The name of a function.
    Function(String),
    /// `nil`
    Nil,
    /// A number or character.
    Number(Number),
    /// A pipeline in parentheses.
    Pipe(Box<Pipe>),
    /// A text in quotes.
    Text(Vec<u8>),
    /// `$name.Field.Field`
    Variable(String, Vec<String>),
}

/// A number as Go types it where nothing else says the type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// Written with a point or exponent.
    Float(f64),
    /// Fits an `int`.
    Int(i64),
    /// Fits no `int`, which is an error once it is used.
    TooLarge,
}

/// The name of the body that is executed.
pub(super) const MAIN: &[u8] = b"endpoint";

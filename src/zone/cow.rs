//! A vector whose versions share what did not change: a radix tree of small shared nodes.
//!
//! Cloning is one reference count; a change copies the nodes on its path, 64 references each, and
//! only the first time after a clone.

use std::sync::Arc;

const BITS: u32 = 6;
const FANOUT: usize = 1 << BITS;

/// A persistent vector.
#[derive(Clone, Debug)]
pub(crate) struct CowVec<T> {
    root: Node<T>,
    /// How far an index is shifted to find the child of the root.
    shift: u32,
    len: usize,
}

#[derive(Clone, Debug)]
enum Node<T> {
    Inner(Arc<[Self]>),
    Leaf(Arc<[T]>),
}

impl<T: Clone> CowVec<T> {
    /// A vector of these items.
    pub(crate) fn from_vec(items: Vec<T>) -> Self {
        let len = items.len();
        let mut nodes = Vec::with_capacity(len.div_ceil(FANOUT).max(1));
        let mut items = items.into_iter();
        loop {
            nodes.push(Node::Leaf(items.by_ref().take(FANOUT).collect()));
            if items.len() == 0 {
                break;
            }
        }
        let mut shift = 0;
        while nodes.len() > 1 {
            let mut children = nodes.into_iter();
            nodes = Vec::with_capacity(children.len().div_ceil(FANOUT));
            while children.len() > 0 {
                nodes.push(Node::Inner(children.by_ref().take(FANOUT).collect()));
            }
            shift += BITS;
        }
        let root = nodes
            .pop()
            .unwrap_or_else(|| Node::Leaf(Arc::from(Vec::new())));
        Self { root, shift, len }
    }

    /// How many items.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The item at an index.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let mut node = &self.root;
        let mut shift = self.shift;
        loop {
            match node {
                Node::Inner(children) => {
                    node = children.get((index >> shift) & (FANOUT - 1))?;
                    shift = shift.saturating_sub(BITS);
                }
                Node::Leaf(items) => return items.get(index & (FANOUT - 1)),
            }
        }
    }

    /// The item at an index, to change; what other versions see stays as it is.
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        if index >= self.len {
            return None;
        }
        let mut node = &mut self.root;
        let mut shift = self.shift;
        loop {
            match node {
                Node::Inner(children) => {
                    node = Arc::make_mut(children).get_mut((index >> shift) & (FANOUT - 1))?;
                    shift = shift.saturating_sub(BITS);
                }
                Node::Leaf(items) => return Arc::make_mut(items).get_mut(index & (FANOUT - 1)),
            }
        }
    }

    /// Adds an item at the end.
    pub(crate) fn push(&mut self, item: T) {
        if self.len == FANOUT << self.shift {
            let old = std::mem::replace(&mut self.root, Node::Leaf(Arc::from(Vec::new())));
            self.root = Node::Inner(Arc::from(vec![old]));
            self.shift += BITS;
        }
        push_below(&mut self.root, self.shift, self.len, item);
        self.len += 1;
    }

    /// Takes the last item away.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let last = self.len.checked_sub(1)?;
        let item = self.get(last).cloned();
        pop_below(&mut self.root, self.shift, last);
        self.len = last;
        item
    }

    /// All items in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len).filter_map(|index| self.get(index))
    }
}

fn push_below<T: Clone>(node: &mut Node<T>, shift: u32, index: usize, item: T) {
    match node {
        Node::Leaf(items) => {
            *items = items.iter().cloned().chain(std::iter::once(item)).collect();
        }
        Node::Inner(children) => {
            let child = (index >> shift) & (FANOUT - 1);
            if child < children.len() {
                if let Some(child) = Arc::make_mut(children).get_mut(child) {
                    push_below(child, shift - BITS, index, item);
                }
            } else {
                let mut path = Node::Leaf(Arc::from(vec![item]));
                for _ in 1..shift / BITS {
                    path = Node::Inner(Arc::from(vec![path]));
                }
                *children = children
                    .iter()
                    .cloned()
                    .chain(std::iter::once(path))
                    .collect();
            }
        }
    }
}

/// Takes the item at the last index of a node away; tells whether the node is empty then.
fn pop_below<T: Clone>(node: &mut Node<T>, shift: u32, index: usize) -> bool {
    match node {
        Node::Leaf(items) => {
            let left = items.len().saturating_sub(1);
            *items = items.iter().take(left).cloned().collect();
            left == 0
        }
        Node::Inner(children) => {
            let child = (index >> shift) & (FANOUT - 1);
            let empty = Arc::make_mut(children)
                .get_mut(child)
                .is_none_or(|child| pop_below(child, shift.saturating_sub(BITS), index));
            if empty {
                *children = children.iter().take(child).cloned().collect();
            }
            children.is_empty()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaves_as_a_vector_and_versions_do_not_disturb_each_other() {
        for start in [0, 1, 63, 64, 65, 4095, 4096, 4097] {
            let mut model: Vec<usize> = (0..start).collect();
            let mut vector = CowVec::from_vec(model.clone());
            let before = vector.clone();
            for item in 0..200 {
                vector.push(item);
                model.push(item);
            }
            for index in (0..model.len()).step_by(7) {
                model[index] += 1000;
                *vector.get_mut(index).unwrap() += 1000;
            }
            assert_eq!(vector.iter().copied().collect::<Vec<_>>(), model);
            assert_eq!(vector.get(model.len()), None);
            let whole = vector.clone();
            for round in 0..3 {
                for _ in 0..170 {
                    assert_eq!(vector.pop(), model.pop());
                }
                for item in 0..60 * round {
                    vector.push(item);
                    model.push(item);
                }
                assert_eq!(vector.iter().copied().collect::<Vec<_>>(), model);
            }
            assert_eq!(whole.len(), start + 200);
            assert_eq!(
                before.iter().copied().collect::<Vec<_>>(),
                (0..start).collect::<Vec<_>>()
            );
        }
    }
}

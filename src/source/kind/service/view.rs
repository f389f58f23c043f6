//! A Service with what all rules about it look at.

use std::cell::OnceCell;

use crate::kind::Shape;
use crate::object::{Kind, Service};
use crate::{Annotations, Index, Outcome, Rules};

/// One Service with what its rules look at.
pub(super) struct View<'a> {
    pub(super) index: &'a Index,
    pub(super) rules: &'a Rules,
    pub(super) service: &'a Service,
    pub(super) annotations: Annotations<'a>,
    pub(super) targets: Vec<String>,
    shape: OnceCell<Shape>,
}

impl<'a> View<'a> {
    /// A view of a Service of this index.
    pub(super) fn new(index: &'a Index, rules: &'a Rules, service: &'a Service) -> Self {
        let annotations = Annotations::of(&service.meta, rules);
        Self {
            index,
            rules,
            service,
            annotations,
            targets: annotations.targets(),
            shape: OnceCell::new(),
        }
    }

    /// What the endpoints of this Service have in common.
    pub(super) fn shape(&self, outcome: &mut Outcome) -> &Shape {
        self.shape.get_or_init(|| {
            Shape::annotated(
                self.rules,
                Kind::Service,
                &self.service.meta,
                "service",
                outcome,
            )
        })
    }
}

//! The tree that html5ever builds, as flat as it gets.
//!
//! In: the tree builder's calls. Out: nodes in one vector, linked by indexes; only attributes that the walk asks for are
//! kept. Wrong: nesting or a number of nodes beyond the limits sets a mark; the driver stops feeding then, because the
//! builder's own cost grows with the square of the depth.
//!
//! Follows the WHATWG parsing algorithm (html5ever's `TreeSink`). The builder moves nodes about (loose text in a table,
//! mis-nested formatting), which is why a small tree is kept instead of a stream.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, local_name, ns};

/// Index of a node.
pub(super) type NodeId = usize;
/// The document node.
pub(super) const ROOT: NodeId = 0;

/// What a node is.
#[derive(Debug)]
pub(super) enum Content {
    /// The document, a comment or anything else without text of its own.
    Other,
    /// An element.
    Element(QualName, Vec<(LocalName, StrTendril)>),
    /// Character data.
    Text(StrTendril),
}

/// A place in the tree, or none: half the size of an `Option<usize>`, and pages have millions of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(u32);

impl Link {
    const NONE: Self = Self(u32::MAX);

    /// The node that is linked.
    pub(super) fn get(self) -> Option<NodeId> {
        (self != Self::NONE).then_some(self.0 as usize)
    }
}

impl From<Option<NodeId>> for Link {
    fn from(id: Option<NodeId>) -> Self {
        id.and_then(|id| u32::try_from(id).ok()).map_or(Self::NONE, Self)
    }
}

/// A node with its links.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) content: Content,
    pub(super) parent: Link,
    pub(super) first: Link,
    pub(super) last: Link,
    pub(super) previous: Link,
    pub(super) next: Link,
    depth: u32,
}

/// The finished tree.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// The node behind an id.
    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// Element name of a node in the HTML vocabulary.
    pub(super) fn name(&self, id: NodeId) -> Option<&LocalName> {
        match &self.node(id)?.content {
            Content::Element(name, _) => Some(&name.local),
            _ => None,
        }
    }

    /// Value of an attribute.
    pub(super) fn attr(&self, id: NodeId, name: &LocalName) -> Option<&str> {
        match &self.node(id)?.content {
            Content::Element(_, attributes) => {
                attributes.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
            }
            _ => None,
        }
    }

    /// Children in order.
    pub(super) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.node(id).and_then(|node| node.first.get()), |child| self.node(*child)?.next.get())
    }

    /// Per node: an element of this name stands somewhere in it.
    pub(super) fn around(&self, name: &LocalName) -> Vec<bool> {
        let mut marked = vec![false; self.nodes.len()];
        for id in (0..self.nodes.len()).filter(|id| self.name(*id) == Some(name)) {
            let mut at = self.node(id).and_then(|node| node.parent.get());
            while let Some(parent) = at {
                match marked.get_mut(parent) {
                    Some(mark) if !*mark => *mark = true,
                    _ => break,
                }
                at = self.node(parent).and_then(|node| node.parent.get());
            }
        }
        marked
    }

    fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(id)
    }

    fn add(&mut self, content: Content) -> NodeId {
        self.nodes.push(Node {
            content,
            parent: Link::NONE,
            first: Link::NONE,
            last: Link::NONE,
            previous: Link::NONE,
            next: Link::NONE,
            depth: 0,
        });
        self.nodes.len() - 1
    }

    fn detach(&mut self, id: NodeId) {
        let Some(node) = self.node_mut(id) else { return };
        let (parent, previous, next) = (node.parent, node.previous, node.next);
        (node.parent, node.previous, node.next) = (Link::NONE, Link::NONE, Link::NONE);
        match previous.get().and_then(|previous| self.node_mut(previous)) {
            Some(previous) => previous.next = next,
            None => {
                if let Some(parent) = parent.get().and_then(|parent| self.node_mut(parent)) {
                    parent.first = next;
                }
            }
        }
        match next.get().and_then(|next| self.node_mut(next)) {
            Some(next) => next.previous = previous,
            None => {
                if let Some(parent) = parent.get().and_then(|parent| self.node_mut(parent)) {
                    parent.last = previous;
                }
            }
        }
    }

    /// Puts `id` under `parent`, before `next` or at the end. Returns its depth.
    fn link(&mut self, id: NodeId, parent: NodeId, next: Option<NodeId>) -> usize {
        self.detach(id);
        let previous = match next {
            Some(next) => self.node(next).map_or(Link::NONE, |next| next.previous),
            None => self.node(parent).map_or(Link::NONE, |parent| parent.last),
        };
        let here = Link::from(Some(id));
        let depth = self.node(parent).map_or(0, |parent| parent.depth).saturating_add(1);
        if let Some(node) = self.node_mut(id) {
            (node.parent, node.previous, node.next, node.depth) = (Some(parent).into(), previous, next.into(), depth);
        }
        match previous.get().and_then(|previous| self.node_mut(previous)) {
            Some(previous) => previous.next = here,
            None => {
                if let Some(parent) = self.node_mut(parent) {
                    parent.first = here;
                }
            }
        }
        match next.and_then(|next| self.node_mut(next)) {
            Some(next) => next.previous = here,
            None => {
                if let Some(parent) = self.node_mut(parent) {
                    parent.last = here;
                }
            }
        }
        depth as usize
    }
}

/// Which limit the tree ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overflow {
    /// Elements within elements.
    Depth,
    /// Nodes altogether.
    Nodes,
}

/// Receives the tree builder's calls.
pub(super) struct Sink {
    tree: RefCell<Tree>,
    max_depth: usize,
    max_nodes: usize,
    overflow: Cell<Option<Overflow>>,
}

impl Sink {
    /// An empty document.
    pub(super) fn new(max_depth: usize, max_nodes: usize) -> Self {
        let mut tree = Tree::default();
        tree.add(Content::Other);
        Self { tree: RefCell::new(tree), max_depth, max_nodes, overflow: Cell::new(None) }
    }

    /// The limit that was reached, if one was.
    pub(super) fn overflow(&self) -> Option<Overflow> {
        self.overflow.get()
    }

    fn insert(&self, parent: NodeId, next: Option<NodeId>, child: NodeOrText<NodeId>) {
        let mut tree = self.tree.borrow_mut();
        let id = match child {
            NodeOrText::AppendNode(id) => id,
            NodeOrText::AppendText(text) => {
                let before = match next {
                    Some(next) => tree.node(next).and_then(|next| next.previous.get()),
                    None => tree.node(parent).and_then(|parent| parent.last.get()),
                };
                if let Some(Node { content: Content::Text(existing), .. }) =
                    before.and_then(|before| tree.node_mut(before))
                {
                    existing.push_tendril(&text);
                    return;
                }
                tree.add(Content::Text(text))
            }
        };
        let depth = tree.link(id, parent, next);
        if depth > self.max_depth {
            self.overflow.set(Some(Overflow::Depth));
        } else if tree.nodes.len() > self.max_nodes {
            self.overflow.set(Some(Overflow::Nodes));
        }
    }
}

/// The name of an element, while the tree is borrowed.
#[derive(Debug)]
pub(super) struct Name<'a>(Ref<'a, QualName>);

impl ElemName for Name<'_> {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = Tree;
    type ElemName<'a> = Name<'a>;

    fn finish(self) -> Tree {
        self.tree.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        ROOT
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Name<'a> {
        let known = Ref::filter_map(self.tree.borrow(), |tree| match &tree.node(*target)?.content {
            Content::Element(name, _) => Some(name),
            _ => None,
        });
        match known {
            Ok(name) => Name(name),
            Err(tree) => Name(Ref::map(tree, |_| no_name())),
        }
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> NodeId {
        let kept = attributes
            .into_iter()
            .filter(|attribute| is_kept(&attribute.name.local))
            .map(|attribute| (attribute.name.local, attribute.value))
            .collect();
        self.tree.borrow_mut().add(Content::Element(name, kept))
    }

    fn create_comment(&self, _: StrTendril) -> NodeId {
        self.tree.borrow_mut().add(Content::Other)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> NodeId {
        self.tree.borrow_mut().add(Content::Other)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.insert(*parent, None, child);
    }

    fn append_based_on_parent_node(&self, element: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        let has_parent = self.tree.borrow().node(*element).is_some_and(|node| node.parent.get().is_some());
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// The content of a template is not part of the page; it hangs below the element, which the walk passes over.
    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        *target
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &NodeId, new_node: NodeOrText<NodeId>) {
        let parent = self.tree.borrow().node(*sibling).and_then(|node| node.parent.get());
        if let Some(parent) = parent {
            self.insert(parent, Some(*sibling), new_node);
        }
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        let mut tree = self.tree.borrow_mut();
        if let Some(Node { content: Content::Element(_, existing), .. }) = tree.node_mut(*target) {
            for attribute in attributes {
                let name = attribute.name.local;
                if is_kept(&name) && !existing.iter().any(|(key, _)| *key == name) {
                    existing.push((name, attribute.value));
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.tree.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        let mut tree = self.tree.borrow_mut();
        while let Some(child) = tree.node(*node).and_then(|node| node.first.get()) {
            tree.link(child, *new_parent, None);
        }
    }
}

/// The attributes that the walk asks for.
fn is_kept(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("colspan")
            | local_name!("rowspan")
            | local_name!("class")
            | local_name!("id")
            | local_name!("role")
            | local_name!("style")
            | local_name!("hidden")
            | local_name!("type")
            | local_name!("checked")
            | local_name!("start")
            | local_name!("value")
    )
}

/// Stands in for the name of a node that is no element, which the builder promises never to ask for.
fn no_name() -> &'static QualName {
    static NAME: std::sync::OnceLock<QualName> = std::sync::OnceLock::new();
    NAME.get_or_init(|| QualName::new(None, ns!(), local_name!("")))
}

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

use super::element::Element;
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
    Element(Element),
    /// Character data.
    Text(Piece),
}

/// Characters of the page's texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    start: u32,
    end: u32,
}

impl Piece {
    /// The characters among all `texts`.
    pub(super) fn of(self, texts: &str) -> &str {
        texts.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
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

/// Nodes that are kept in one piece.
const CHUNK_NODES: usize = 4096;

/// Elements around the text of a cell within that cell, at most.
const MOST_AROUND: usize = 8;

/// Nodes next to one another, given back together.
#[derive(Debug, Default)]
struct Chunk {
    nodes: Vec<Node>,
    /// Nodes that are no longer asked for.
    forgotten: usize,
}

/// The finished tree. Its nodes stand in chunks: none moves while the tree grows, and those that the walk has passed are given
/// back while the document grows.
#[derive(Debug, Default)]
pub(super) struct Tree {
    chunks: Vec<Chunk>,
    /// Nodes so far.
    length: usize,
}

impl Tree {
    /// The node behind an id.
    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.chunks.get(id / CHUNK_NODES)?.nodes.get(id % CHUNK_NODES)
    }

    /// Children in order.
    pub(super) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.node(id).and_then(|node| node.first.get()), |child| self.node(*child)?.next.get())
    }

    /// A node that will not be asked for again: chunks of such nodes are given back.
    pub(super) fn forget(&mut self, id: NodeId) {
        if let Some(chunk) = self.chunks.get_mut(id / CHUNK_NODES) {
            chunk.forgotten += 1;
            if chunk.forgotten == CHUNK_NODES {
                *chunk = Chunk::default();
            }
        }
    }

    /// Forgets `first` and all that comes after it within `parent`.
    pub(super) fn forget_all(&mut self, first: NodeId, parent: NodeId) {
        let mut at = first;
        while let Some(node) = self.node(at) {
            if let Some(child) = node.first.get() {
                at = child;
                continue;
            }
            loop {
                let Some(node) = self.node(at) else { return };
                let (next, above) = (node.next.get(), node.parent.get());
                self.forget(at);
                match (next, above) {
                    (Some(next), _) => {
                        at = next;
                        break;
                    }
                    (None, Some(above)) if above != parent => at = above,
                    _ => return,
                }
            }
        }
    }

    /// Marks the elements around header cells and around cells that hold a figure.
    fn note_data(&mut self, texts: &str) {
        for id in 0..self.length {
            let cell = match self.node(id).map(|node| &node.content) {
                Some(Content::Element(element)) if element.name == local_name!("th") => Some(id),
                Some(Content::Text(piece)) if is_figure(piece.of(texts)) => self.cell_around(id),
                _ => None,
            };
            let mut at = cell.and_then(|cell| self.node(cell)).and_then(|node| node.parent.get());
            while let Some(Node { content: Content::Element(element), parent, .. }) =
                at.and_then(|at| self.node_mut(at))
                && element.note_data()
            {
                at = parent.get();
            }
        }
    }

    /// The cell that a text stands in, unless it is a link.
    fn cell_around(&self, id: NodeId) -> Option<NodeId> {
        let mut at = self.node(id)?.parent.get()?;
        for _ in 0..MOST_AROUND {
            let node = self.node(at)?;
            if let Content::Element(element) = &node.content {
                match element.name {
                    local_name!("td") => return Some(at),
                    local_name!("a") => return None,
                    _ => {}
                }
            }
            at = node.parent.get()?;
        }
        None
    }

    fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.chunks.get_mut(id / CHUNK_NODES)?.nodes.get_mut(id % CHUNK_NODES)
    }

    fn add(&mut self, content: Content) -> NodeId {
        let node = Node {
            content,
            parent: Link::NONE,
            first: Link::NONE,
            last: Link::NONE,
            previous: Link::NONE,
            next: Link::NONE,
            depth: 0,
        };
        let id = self.length;
        match self.chunks.last_mut() {
            Some(chunk) if chunk.nodes.len() < CHUNK_NODES => chunk.nodes.push(node),
            first => {
                // The chunks of a long page are filled one after the other; a short page gets by with less than one.
                let mut nodes = if first.is_some() { Vec::with_capacity(CHUNK_NODES) } else { Vec::new() };
                nodes.push(node);
                self.chunks.push(Chunk { nodes, forgotten: 0 });
            }
        }
        self.length += 1;
        id
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
    /// The characters of all texts, one behind the other.
    texts: RefCell<String>,
    max_depth: usize,
    max_nodes: usize,
    overflow: Cell<Option<Overflow>>,
}

impl Sink {
    /// An empty document.
    pub(super) fn new(max_depth: usize, max_nodes: usize) -> Self {
        let mut tree = Tree::default();
        tree.add(Content::Other);
        Self { tree: RefCell::new(tree), texts: RefCell::default(), max_depth, max_nodes, overflow: Cell::new(None) }
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
                let mut texts = self.texts.borrow_mut();
                let start = position(&texts);
                texts.push_str(&text);
                let end = position(&texts);
                let before = match next {
                    Some(next) => tree.node(next).and_then(|next| next.previous.get()),
                    None => tree.node(parent).and_then(|parent| parent.last.get()),
                };
                // Text that goes on where the last one ended is the same text. Else it is one more: nobody minds.
                if let Some(Node { content: Content::Text(last), .. }) = before.and_then(|before| tree.node_mut(before))
                    && last.end == start
                {
                    last.end = end;
                    return;
                }
                tree.add(Content::Text(Piece { start, end }))
            }
        };
        let depth = tree.link(id, parent, next);
        if depth > self.max_depth {
            self.overflow.set(Some(Overflow::Depth));
        } else if tree.length > self.max_nodes {
            self.overflow.set(Some(Overflow::Nodes));
        }
    }
}

/// A number and nothing else. Long ones without a point are numbers of telephones and visitors.
fn is_figure(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ',' | '%' | '％'))
        && (text.len() <= 6 || text.contains(['.', ',', '%', '％']))
}

/// A place among the texts. What is read is far below 4 GiB (`input_bytes`).
fn position(texts: &str) -> u32 {
    u32::try_from(texts.len()).unwrap_or(u32::MAX)
}

/// The name of an element, while the tree is borrowed.
#[derive(Debug)]
pub(super) struct Name<'a>(Ref<'a, Element>);

impl ElemName for Name<'_> {
    fn ns(&self) -> &Namespace {
        self.0.namespace()
    }

    fn local_name(&self) -> &LocalName {
        &self.0.name
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = (Tree, String);
    type ElemName<'a> = Name<'a>;

    fn finish(self) -> (Tree, String) {
        let mut tree = self.tree.into_inner();
        let texts = self.texts.into_inner();
        tree.note_data(&texts);
        (tree, texts)
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        ROOT
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Name<'a> {
        let known = Ref::filter_map(self.tree.borrow(), |tree| match &tree.node(*target)?.content {
            Content::Element(element) => Some(element),
            _ => None,
        });
        match known {
            Ok(name) => Name(name),
            Err(tree) => Name(Ref::map(tree, |_| no_element())),
        }
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> NodeId {
        let typed = if name.local == local_name!("input") { typed(&attributes) } else { None };
        let id = self.tree.borrow_mut().add(Content::Element(Element::new(name, &attributes)));
        if let Some(typed) = typed {
            self.insert(id, None, NodeOrText::AppendText(typed));
        }
        id
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
        if let Some(Node { content: Content::Element(element), .. }) = tree.node_mut(*target) {
            element.take(&attributes);
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

/// What stands in a field for text.
fn typed(attributes: &[Attribute]) -> Option<StrTendril> {
    const OTHERS: [&str; 11] =
        ["hidden", "password", "submit", "button", "reset", "image", "file", "checkbox", "radio", "color", "range"];
    let of = |name: LocalName| attributes.iter().find(|attribute| attribute.name.local == name);
    let other = |kind: &Attribute| OTHERS.iter().any(|other| kind.value.eq_ignore_ascii_case(other));
    if of(local_name!("type")).is_some_and(other) {
        return None;
    }
    of(local_name!("value")).map(|value| value.value.clone()).filter(|value| !value.trim().is_empty())
}

/// Stands in for a node that is no element, whose name the builder promises never to ask for.
fn no_element() -> &'static Element {
    static NONE: std::sync::OnceLock<Element> = std::sync::OnceLock::new();
    NONE.get_or_init(|| Element::new(QualName::new(None, ns!(), local_name!("")), &[]))
}

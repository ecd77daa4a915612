//! A person's hands.

use anyhow::Result;
use fantoccini::actions::{
    Actions, InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::elements::Element;

use super::Chromium;

impl Chromium {
    /// Presses a key wherever the focus is; `fantoccini::key::Key` names those that write nothing.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn press(&self, key: char) -> Result<()> {
        let stroke = KeyActions::new("keyboard".into()).then(KeyAction::Down { value: key });
        let stroke = stroke.then(KeyAction::Up { value: key });
        Ok(self.client.perform_actions(stroke).await?)
    }

    /// Clicks twice on the middle of an element.
    ///
    /// # Errors
    /// It is not on the page any more.
    pub async fn double_click(&self, element: Element) -> Result<()> {
        let move_there = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        let mut hand = MouseActions::new("mouse".into()).then(move_there);
        for _ in 0..2 {
            hand = hand.then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
            hand = hand.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        }
        Ok(self.client.perform_actions(Actions::from(hand)).await?)
    }
}

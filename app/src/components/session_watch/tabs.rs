//! What the tabs of one browser tell each other about their common session.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// Name of the channel; it reaches only pages of this portal.
const CHANNEL: &str = "twofold-session";

/// What there is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The end was put off.
    Stayed,
    /// The person signed out.
    Left,
}

impl News {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Stayed => "stayed",
            Self::Left => "left",
        }
    }
}

/// A line to the other tabs.
pub struct Tabs {
    channel: BroadcastChannel,
    /// Kept as long as the channel calls it.
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Tabs {
    /// Opens the line, unless the browser has none.
    pub fn open(hear: impl Fn(News) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(CHANNEL).ok()?;
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let said = event.data().as_string();
            let news = [News::Stayed, News::Left].into_iter().find(|news| said.as_deref() == Some(news.as_str()));
            if let Some(news) = news {
                hear(news);
            }
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Some(Self { channel, _listener: listener })
    }

    /// Tells all other tabs.
    pub fn tell(&self, news: News) {
        // Fails only for a line that is closed.
        let _ = self.channel.post_message(&news.as_str().into());
    }
}

impl Drop for Tabs {
    fn drop(&mut self) {
        self.channel.close();
    }
}

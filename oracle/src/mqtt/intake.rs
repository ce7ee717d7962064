//! From messages to answers, through the same ingest as HTTP.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;

use super::{
    Topics,
    message::{MIN_FRAME_BYTES, MessageError, answer_body, error_body, wires},
};
use crate::{
    ingest::{Answer, Ingest},
    log::AppendError,
    metrics::Metrics,
};

/// While the log is busy it is asked again after this long, then after twice as long, and so on.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// A message as it came.
#[derive(Debug)]
pub struct Message {
    /// 0: nobody waits for an acknowledgement.
    pub id: u16,
    pub topic: Bytes,
    pub payload: Bytes,
    pub correlation: Option<Bytes>,
}

/// The answer to one message.
#[derive(Debug)]
pub struct Reply {
    pub message_id: u16,
    /// Topic and body; `None` if nobody can be told.
    pub publish: Option<(String, Vec<u8>)>,
    pub correlation: Option<Bytes>,
}

/// The log takes nothing any more: the process is ending. What was not acknowledged comes again.
#[derive(Debug, thiserror::Error)]
#[error("the log takes nothing any more: {0}")]
pub struct LogEnded(AppendError);

/// Takes messages in. Clones share the log.
#[derive(Clone)]
pub struct Intake {
    pub ingest: Ingest,
    pub topics: Topics,
    /// Most attestations in one append, and in one message.
    pub max_batch: usize,
    pub metrics: Metrics,
}

impl Intake {
    /// As many of those that wait as may go to the log together: at least one.
    pub fn group(&self, inbox: &mut VecDeque<Message>) -> Vec<Message> {
        let (mut group, mut attestations) = (Vec::new(), 0);
        while let Some(message) = inbox.front() {
            attestations += self.most_attestations(message);
            if attestations > self.max_batch && !group.is_empty() {
                break;
            }
            group.extend(inbox.pop_front());
        }
        group
    }

    fn most_attestations(&self, message: &Message) -> usize {
        (message.payload.len() / MIN_FRAME_BYTES).clamp(1, self.max_batch)
    }

    /// Returns once all that is good is on the disk, however long the log is busy. One reply for each, in order.
    pub async fn take(self, group: Vec<Message>) -> Result<Vec<Reply>, LogEnded> {
        let read: Vec<_> = group.iter().map(|message| self.read(message)).collect();
        let all: Vec<Vec<u8>> = read.iter().flatten().flatten().flatten().cloned().collect();
        let mut answers = self.store(all).await?.into_iter();
        let replies = group.into_iter().zip(read).map(|(message, read)| {
            let body = read.map(|read| match read {
                Ok(wires) => {
                    let answers: Vec<Answer> = answers.by_ref().take(wires.len()).collect();
                    self.metrics.mqtt_message("taken");
                    answer_body(&answers)
                }
                Err(error) => {
                    self.metrics.mqtt_message("refused");
                    error_body(error.code(), &error.to_string())
                }
            });
            let device = self.topics.read(&message.topic).map(|topic| self.topics.receipts(topic.device));
            Reply { message_id: message.id, publish: device.zip(body), correlation: message.correlation }
        });
        Ok(replies.collect())
    }

    /// `None` if the topic is none of ours.
    fn read(&self, message: &Message) -> Option<Result<Vec<Vec<u8>>, MessageError>> {
        let topic = self.topics.read(&message.topic)?;
        Some(wires(&topic, &message.payload, self.max_batch))
    }

    async fn store(&self, wires: Vec<Vec<u8>>) -> Result<Vec<Answer>, LogEnded> {
        if wires.is_empty() {
            return Ok(Vec::new());
        }
        self.metrics.batch_received(wires.len());
        let mut pause = FIRST_PAUSE;
        loop {
            // Waits its turn among all that hand in attestations.
            let taken = match self.ingest.room_for(wires.len()).await {
                Ok(room) => self.ingest.take_in(wires.clone(), room).await,
                Err(error) => Err(error),
            };
            match taken {
                Ok(taken) => {
                    taken.tally().count(&self.metrics);
                    return Ok(taken.answers());
                }
                Err(error @ (AppendError::Storage(_) | AppendError::Stopping)) => return Err(LogEnded(error)),
                Err(error) => tracing::debug!(%error, "messages wait"),
            }
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }
}

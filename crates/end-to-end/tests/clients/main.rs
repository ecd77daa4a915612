//! What people have at hand watches and commands the real programs: OpenCV, ffmpeg, GStreamer, curl, Python's
//! `websockets`, and schemathesis, which reads the bridge's own description of itself.

mod control;
mod multipart;
mod openapi;
mod pattern;
mod plain_http;
mod rates;
mod reconfigure;
mod stage;
mod streams;
mod tls;
mod viewer;
mod webcam;

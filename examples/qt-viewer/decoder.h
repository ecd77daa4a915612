// Decodes one camera's pictures off the GUI thread. The newest wins: there is one place for a frame that waits, and a
// newer frame takes it over, so whatever the camera's rate a picture is never shown late.
#pragma once

#include <QByteArray>
#include <QFutureWatcher>
#include <QImage>
#include <QObject>
#include <QSize>

#include <optional>

// A JPEG within a message of the WebSocket. The message is shared, not copied, and lives as long as this does.
struct EncodedFrame {
    QByteArray message;
    const uchar* jpeg;
    qsizetype size;
    std::optional<quint64> capturedUs; // Unix time, where the sender told it
};

struct DecodedFrame {
    QImage image; // null where the JPEG is damaged
    QSize size;   // of the picture as it was sent; `image` is scaled to what the tile shows
    std::optional<quint64> capturedUs;
};

class Decoder : public QObject {
    Q_OBJECT
public:
    explicit Decoder(QObject* parent = nullptr);

    // Takes a frame, in the place of one that still waits.
    void offer(const EncodedFrame& frame);
    // Nothing that was offered until now will be told: it is no longer of the present.
    void forget();
    // How large pictures are shown, in the screen's pixels: a small one is decoded in a fraction of the time.
    void setShownSize(QSize size) { shownSize_ = size; }
    // Frames that a newer one replaced before they were decoded.
    int skipped() const { return skipped_; }

signals:
    void decoded(const DecodedFrame& frame);

private:
    void next();

    std::optional<EncodedFrame> waiting_;
    // It tells on this thread, and nothing once it was destroyed, so a decoder can go while a worker is busy for it.
    QFutureWatcher<DecodedFrame> worker_;
    bool busy_ = false;
    bool forgotten_ = false; // what the worker is busy with
    QSize shownSize_;
    int skipped_ = 0;
};

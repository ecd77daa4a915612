#include "decoder.h"

#include <QBuffer>
#include <QImageReader>
#include <QtConcurrent>

#include <utility>

namespace {

// Qt shows a JPEG that was cut off, with gray where the rest would be. Senders may pad one with zeros.
bool isWhole(QByteArrayView jpeg)
{
    while (jpeg.endsWith('\0'))
        jpeg.chop(1);
    return jpeg.startsWith("\xff\xd8") && jpeg.endsWith("\xff\xd9");
}

DecodedFrame decode(const EncodedFrame& frame, QSize shownSize)
{
    DecodedFrame result{{}, {}, frame.capturedUs};
    QByteArray jpeg = QByteArray::fromRawData(reinterpret_cast<const char*>(frame.jpeg), frame.size);
    if (!isWhole(jpeg))
        return result;
    QBuffer buffer(&jpeg);
    QImageReader reader(&buffer, "jpeg");
    result.size = reader.size();
    if (!shownSize.isEmpty())
        reader.setScaledSize(result.size.scaled(shownSize, Qt::KeepAspectRatio));
    // What the screen takes as it is: the GUI thread is left with a copy.
    result.image = reader.read().convertToFormat(QImage::Format_RGB32);
    return result;
}

} // namespace

Decoder::Decoder(QObject* parent) : QObject(parent)
{
    connect(&worker_, &QFutureWatcher<DecodedFrame>::finished, this, [this] {
        busy_ = false;
        if (!std::exchange(forgotten_, false))
            emit decoded(worker_.result());
        next();
    });
}

void Decoder::offer(const EncodedFrame& frame)
{
    if (waiting_)
        skipped_++;
    waiting_ = frame;
    next();
}

void Decoder::forget()
{
    waiting_.reset();
    forgotten_ = busy_; // a worker cannot be stopped
}

void Decoder::next()
{
    if (busy_ || !waiting_)
        return;
    busy_ = true;
    worker_.setFuture(QtConcurrent::run(decode, *waiting_, shownSize_));
    waiting_.reset();
}

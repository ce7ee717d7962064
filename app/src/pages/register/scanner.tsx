/** Reads a QR code with the camera. The pictures stay in this browser. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../../api';
import { ProblemBox } from '../../load';

export function Scanner({ onText }: { onText: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    let stream: MediaStream | undefined;
    let next = 0;
    let open = true;
    const start = async () => {
      const { default: jsQR } = await import('jsqr');
      if (!navigator.mediaDevices) throw new Error('no camera is offered to this page');
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      const element = video.current;
      if (!open || !element) return stream.getTracks().forEach((track) => track.stop());
      element.srcObject = stream;
      await element.play();
      const canvas = document.createElement('canvas');
      const pixels = canvas.getContext('2d', { willReadFrequently: true });
      const look = () => {
        if (!open || !pixels) return;
        next = requestAnimationFrame(look);
        if (element.videoWidth === 0) return;
        [canvas.width, canvas.height] = [element.videoWidth, element.videoHeight];
        pixels.drawImage(element, 0, 0);
        const { data, width, height } = pixels.getImageData(0, 0, canvas.width, canvas.height);
        const found = jsQR(data, width, height);
        if (found?.data) {
          open = false;
          onText(found.data);
        }
      };
      look();
    };
    start().catch((error) =>
      setProblem(new Problem('The camera cannot be used.', 'Allow it for this page, or copy the device’s code as text below. Cameras need https or localhost.', String(error))),
    );
    return () => {
      open = false;
      cancelAnimationFrame(next);
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);
  return problem ? <ProblemBox problem={problem} /> : <video ref={video} muted playsinline aria-label="The camera’s picture" />;
}

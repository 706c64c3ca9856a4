"""From examples to a trained student (section 3).

``encoding`` turns examples into token ids; ``models`` builds or loads tokenizer, teacher, student and sentence encoder;
``pretraining`` is span denoising for the sandbox models; ``teacher_cache`` stores the teacher's outputs, and
``reference_embeddings`` the embeddings for the semantic term; ``trainer`` fine-tunes the teacher and distils the
student.
"""

"""Small configurations of many architectures: two layers each, and all that makes them what they are."""

from __future__ import annotations

from typing import Any

TEXT = {"vocab_size": 99, "max_position_embeddings": 64, "pad_token_id": 0}
WIDE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
ENCODER = {**TEXT, **WIDE}
DECODER = {**ENCODER, "num_key_value_heads": 2, "bos_token_id": 1, "eos_token_id": 2}
VISION = {**WIDE, "image_size": 32, "patch_size": 8}
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 16}


def named(architecture: str, model_type: str, *parts: dict[str, Any], **own: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {"architectures": [architecture], "model_type": model_type}
    for part in (*parts, own):
        merged.update(part)
    return merged


TINY = [
    named("BertModel", "bert", ENCODER),
    named("RobertaForMaskedLM", "roberta", ENCODER, max_position_embeddings=66),
    named("DistilBertModel", "distilbert", TEXT, dim=32, n_layers=2, n_heads=4, hidden_dim=48),
    named("AlbertModel", "albert", ENCODER, embedding_size=16),  # two layers of one set of weights
    named("ElectraForPreTraining", "electra", ENCODER, embedding_size=16),
    named("DebertaV2Model", "deberta-v2", ENCODER, relative_attention=True, pos_att_type=["p2c", "c2p"]),
    named("BigBirdModel", "big_bird", ENCODER, attention_type="original_full"),
    named("LongformerModel", "longformer", ENCODER, attention_window=[8, 8]),
    named("XLNetLMHeadModel", "xlnet", vocab_size=99, d_model=32, n_layer=2, n_head=4, d_inner=48),
    named("GPT2LMHeadModel", "gpt2", vocab_size=99, n_positions=64, n_embd=32, n_layer=2, n_head=4),
    named("GPTNeoXForCausalLM", "gpt_neox", ENCODER),
    named("LlamaForCausalLM", "llama", DECODER),
    named("MistralForCausalLM", "mistral", DECODER, sliding_window=8),
    named("Qwen2ForCausalLM", "qwen2", DECODER),
    named("Gemma2ForCausalLM", "gemma2", DECODER, head_dim=8, sliding_window=8),
    named("PhiForCausalLM", "phi", DECODER),
    named("FalconForCausalLM", "falcon", TEXT, hidden_size=32, num_hidden_layers=2, num_attention_heads=4),
    named("BloomForCausalLM", "bloom", vocab_size=99, hidden_size=32, n_layer=2, n_head=4),
    named("OPTForCausalLM", "opt", ENCODER, ffn_dim=48, word_embed_proj_dim=32),
    named("MambaForCausalLM", "mamba", vocab_size=99, hidden_size=32, num_hidden_layers=2, state_size=4),
    named("MixtralForCausalLM", "mixtral", DECODER, num_local_experts=4, num_experts_per_tok=2),
    named("Qwen3MoeForCausalLM", "qwen3_moe", DECODER, EXPERTS, num_experts=4, head_dim=8),
    named("OlmoeForCausalLM", "olmoe", DECODER, EXPERTS, num_experts=4),
    named(
        "DeepseekV3ForCausalLM", "deepseek_v3", DECODER, EXPERTS, num_key_value_heads=4, n_routed_experts=8,
        first_k_dense_replace=1, n_group=4, topk_group=2, q_lora_rank=16, kv_lora_rank=8, qk_rope_head_dim=8,
        qk_nope_head_dim=8, v_head_dim=8,
    ),
    named(
        "SwitchTransformersForConditionalGeneration", "switch_transformers", vocab_size=99, d_model=32, d_kv=8, d_ff=48,
        num_layers=2, num_decoder_layers=2, num_heads=4, num_experts=4, num_sparse_encoder_layers=1,
        num_sparse_decoder_layers=1, decoder_start_token_id=0, pad_token_id=0,
    ),
    named(
        "T5ForConditionalGeneration", "t5", vocab_size=99, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4,
        decoder_start_token_id=0, pad_token_id=0,
    ),
    named(
        "BartForConditionalGeneration", "bart", TEXT, d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48,
        decoder_start_token_id=2, eos_token_id=2, bos_token_id=1, forced_eos_token_id=2,
    ),
    named(
        "WhisperForConditionalGeneration", "whisper", vocab_size=99, num_mel_bins=8, d_model=32, encoder_layers=2,
        decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48,
        max_source_positions=20, max_target_positions=16, decoder_start_token_id=5, pad_token_id=0, bos_token_id=1,
        eos_token_id=2, suppress_tokens=None, begin_suppress_tokens=None,
    ),
    # convolutions before and after the tokens, on fewer of them
    named(
        "CanineModel", "canine", ENCODER, local_transformer_stride=4, upsampling_kernel_size=4, downsampling_rate=4,
        num_hash_buckets=32, num_hash_functions=4,
    ),
    named(
        "ReformerModel", "reformer", vocab_size=99, hidden_size=32, num_attention_heads=4, attention_head_size=8,
        feed_forward_size=48, attn_layers=["local", "lsh"], axial_pos_shape=[4, 16], axial_pos_embds_dim=[8, 24],
        max_position_embeddings=64, num_buckets=2, local_attn_chunk_length=8, lsh_attn_chunk_length=8, is_decoder=False,
    ),
    named("ModernBertForMaskedLM", "modernbert", ENCODER, cls_token_id=1, sep_token_id=2, local_attention=8),
    named("RwkvForCausalLM", "rwkv", vocab_size=99, hidden_size=32, num_hidden_layers=2, attention_hidden_size=32),
    named(
        "JambaForCausalLM", "jamba", DECODER, num_experts=4, num_experts_per_tok=2, attn_layer_period=2,
        attn_layer_offset=1, expert_layer_period=2, expert_layer_offset=1, mamba_d_state=4, mamba_dt_rank=4,
        use_mamba_kernels=False,
    ),
    named("GptOssForCausalLM", "gpt_oss", DECODER, num_local_experts=4, num_experts_per_tok=2, head_dim=8),
    named("ViTForImageClassification", "vit", VISION),
    named(
        "SegformerForSemanticSegmentation", "segformer", hidden_sizes=[8, 16, 24, 32], num_attention_heads=[1, 2, 2, 4],
        depths=[1, 1, 1, 1], decoder_hidden_size=16,
    ),
    named("DeiTModel", "deit", VISION),
    named(
        "SwinModel", "swin", image_size=32, patch_size=4, embed_dim=16, depths=[1, 1], num_heads=[2, 4], window_size=4,
    ),
    named("ConvNextModel", "convnext", image_size=32, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1]),
    named(
        "CLIPModel", "clip", projection_dim=16,
        text_config={**ENCODER, "eos_token_id": 98, "model_type": "clip_text_model"},
        vision_config={**VISION, "model_type": "clip_vision_model"},
    ),
    named("SiglipVisionModel", "siglip_vision_model", VISION),
    named(
        "Wav2Vec2Model", "wav2vec2", ENCODER, conv_dim=[8, 8], conv_stride=[5, 4], conv_kernel=[10, 3],
        num_feat_extract_layers=2, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
    ),
]  # fmt: skip
